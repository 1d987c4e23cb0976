import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstProblem } from './json-place.ts';

describe('where JSON breaks', () => {
  it('finds nothing in JSON, however it is laid out', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (text, indent) => {
        expect(firstProblem(JSON.stringify(JSON.parse(text), null, indent))).toBeUndefined();
      }),
    );
  });

  it('agrees with the parser on what is JSON, in texts cut and patched at random', () => {
    const patch = fc.constantFrom('', ',', '"', '}', ']', ':', '\\', '0', ' ', '-', 'x', '\n');
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), patch, fc.boolean(), (text, place, char, cut) => {
        const at = place % (text.length + 1);
        const broken = text.slice(0, at) + char + (cut ? '' : text.slice(at));
        let parses = true;
        try {
          JSON.parse(broken);
        } catch {
          parses = false;
        }
        expect(firstProblem(broken) === undefined).toBe(parses);
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, number | undefined]>([
    ['', 0],
    ['hello', 0],
    ['{"a": 1', 7],
    ['{"a" 1}', 5],
    ['{"a": [1, 2,]}', 12],
    ['{"a": "b', 8],
    ['"a\\q"', 2],
    ['[1] 2', 4],
    ['['.repeat(65), 64],
  ])('%j: %s', (text, offset) => {
    expect(firstProblem(text)).toBe(offset);
  });
});
