import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/base/random.ts';
import { insideRandom } from './random.ts';

describe('random numbers inside the sandbox', () => {
  it.each([0, 1, 42, 2 ** 40 + 7])('are those of the core for seed %d', (seed) => {
    const inside = insideRandom(seed);
    const core = new Random(seed);
    for (let i = 0; i < 1000; i++) expect(inside()).toBe(core.next());
  });
});
