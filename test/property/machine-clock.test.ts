import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loopPrograms, programs, type Step } from '../driver/random-program.ts';
import { COMBINATIONS, pricedClock, runStepwise, runWhole, search, SWITCHES, textOf } from '../driver/random-run.ts';
import { hazardousWorlds, saneWorlds } from '../driver/random-world.ts';

/** STAC, CLAC and a string of no elements take no step. */
const takesTime = (step: Step): boolean => step.k !== 'ac' && !('count' in step && step.count === 0);

const worlds = fc.oneof(saneWorlds, hazardousWorlds);

describe('the clock', () => {
  it('is the sum of the priced paths, to the sixteenth of a cycle', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), worlds, loopPrograms, (combination, world, steps) => {
        const { result } = runWhole({ ...combination, switches: SWITCHES }, world, steps);
        expect(pricedClock(result)).toBe(result.clock);
      }),
      search(250),
    );
  });

  it('counts every instruction that takes time in one path', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), worlds, programs(30), (combination, world, steps) => {
        const plain = steps.filter((step) => step.k !== 'host' && step.k !== 'pause' && takesTime(step));
        const { result } = runWhole({ ...combination, switches: SWITCHES }, world, plain);
        expect(result.paths.reduce((sum, { count }) => sum + count, 0)).toBe(result.accesses);
      }),
      search(250),
    );
  });
});

describe('the same input', () => {
  it('gives the same bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), worlds, programs(30), (combination, world, steps) => {
        const options = { ...combination, switches: { ...SWITCHES, evictEvery: 3 } };
        const first = runStepwise(options, world, steps);
        const second = runStepwise(options, world, steps);
        expect(textOf([second.result, second.seen])).toBe(textOf([first.result, first.seen]));
      }),
      search(150),
    );
  });

  it('gives the same answers whether the reference watches or not', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), worlds, programs(30), (combination, world, steps) => {
        const watched = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        const alone = runStepwise({ ...combination, switches: SWITCHES, check: false }, world, steps);
        expect(textOf(alone.seen)).toBe(textOf(watched.seen));
        const unjudged = { ...watched.result, divergences: [], checked: false };
        expect(textOf(alone.result)).toBe(textOf(unjudged));
      }),
      search(150),
    );
  });
});
