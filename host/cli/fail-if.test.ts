import { describe, expect, it } from 'vitest';
import type { Comparison, RunView } from '../../core/index.ts';
import { BadInput } from './bad-input.ts';
import { parseFailIf } from './fail-if.ts';
import { junitXml } from './junit.ts';

const side = (cycles: number, exits: number): RunView =>
  ({
    priced: { perAccess: { value: cycles, low: cycles / 2, high: cycles * 2 } },
    result: { accesses: 10, exits: { HLT: exits }, userspaceExits: 5, divergences: [{ count: 3 }] },
  }) as unknown as RunView;
const pair = { difference: 30, interval: { level: 0.95, low: -5, high: 60 }, probability: 0.1 } as Comparison;

describe('a condition', () => {
  it.each([
    ['B.cycles > A.cycles * 1.03', true],
    ['B.cycles > A.cycles * 1.4', false],
    ['A.exits == 2 && B.exits == 4', true],
    ['pair.low > 0 || pair.probability > 0.9', false],
    ['!(pair.low > 0)', true],
    ['-pair.low == 5', true],
    ['(B.cycles - A.cycles) / A.cycles >= 0.3', true],
    ['B.divergences != 3', false],
    ['A.userspace <= 0.5', true],
  ])('%s is %s', (text, holds) => {
    expect(parseFailIf(text).holds(side(100, 20), side(130, 40), pair)).toBe(holds);
  });

  it.each([
    ['B.cyles > 1', "Did you mean 'cycles'"],
    ['C.cycles > 1', "unknown side 'C'"],
    ['B.cycles', 'it is a number'],
    ['B.cycles >', 'Expected expression'],
    ["B.cycles > 'x'", 'is no number'],
    ['B.cycles && 1 > 0', "'&&' needs two conditions"],
    ['B.cycles ** 2 > 1', "'**' is no operator here"],
    ['A["cycles"] > 1', 'write A.cycles'],
    ['f(1) > 2', 'are understood'],
    ['B.constructor > 1', "unknown value of B 'constructor'"],
    ['', 'are understood'],
  ])('%s is refused with a sentence', (text, sentence) => {
    expect(() => parseFailIf(text)).toThrow(BadInput);
    expect(() => parseFailIf(text)).toThrow(sentence);
  });
});

describe('JUnit', () => {
  it('counts and escapes', () => {
    const xml = junitXml('a & b', [
      { name: 'x', what: 'fine', failure: null },
      { name: 'y', what: '<bad>', failure: 'because "so" \u0001' },
    ]);
    expect(xml).toContain('<testsuites tests="2" failures="1" errors="0" skipped="0">');
    expect(xml).toContain('name="y: &lt;bad&gt;"');
    expect(xml).toContain('message="because &quot;so&quot; ?"');
  });
});
