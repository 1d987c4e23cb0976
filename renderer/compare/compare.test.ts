import { describe, expect, it } from 'vitest';
import { comparePair, priceResult } from '../../core/index.ts';
import { KICK, madeRun } from '../results/made-run.ts';
import { breakEvenTable, onlyPathsTable, tornado, tornadoTable } from './certainty.ts';
import { stageDifferenceTable, stepDifferenceTable, waterfall } from './comparison.ts';

const a = madeRun(0, [{ steps: KICK, count: 10 }]);
const fewer: typeof KICK = KICK.filter(([step]) => step !== 'kvm_io_bus_cmp');
const b = madeRun(1, [{ steps: [...fewer, ['eventfd_signal', 1]], count: 10 }]);

describe('waterfall', () => {
  it('goes from A to B stage by stage', () => {
    const { bars } = waterfall(a, b);
    expect(bars.map(({ name }) => name)).toEqual(['A run 0', 'bus', 'eventfd', 'B run 1']);
    for (let n = 1; n < bars.length - 1; n++)
      expect(bars[n]!.from).toBeCloseTo(n === 1 ? bars[0]!.to : bars[n - 1]!.to, 9);
    expect(bars.at(-2)!.to).toBeCloseTo(bars.at(-1)!.to, 9);
    expect(bars[1]!.text.startsWith('\u2212')).toBe(true);
    expect(bars[2]!.text.startsWith('+')).toBe(true);
  });

  it('has its numbers in the tables, worse and better marked', () => {
    const rows = stageDifferenceTable(a, b).rows;
    expect(rows.map(({ key }) => key)).toEqual(['guest', 'world switch', 'bus', 'eventfd', 'total']);
    expect(rows.map(({ cells }) => cells[3]!.mark)).toEqual([undefined, undefined, 'better', 'worse', 'worse']);
    const steps = stepDifferenceTable(a, b).rows;
    expect(steps.map(({ key, cells }) => [key, cells[2]!.raw])).toEqual([
      ['eventfd_signal', 1],
      ['kvm_io_bus_cmp', -2],
    ]);
  });
});

describe('what the comparison hangs on', () => {
  const comparison = comparePair([a], [b]);

  it('a bar and a row for each price that moves the difference, the most first', () => {
    const { bars } = tornado(comparison);
    const rows = tornadoTable(comparison).rows;
    expect(bars.map(({ name }) => name)).toEqual(rows.map(({ key }) => key));
    const widths = bars.map(({ from, to }) => to - from);
    expect(widths).toEqual([...widths].sort((one, other) => other - one));
    for (const { from, to } of bars) expect(from).toBeLessThan(to);
  });

  it('break-even prices, each of which makes the two equal', () => {
    const rows = breakEvenTable(comparison).rows;
    expect(rows.length).toBeGreaterThan(0);
    for (const { key, cells } of rows) {
      const prices = { ...a.model.prices, [key]: { ...a.model.prices[key as 'hw.vmexit'], value: cells[2]!.raw } };
      const at = ({ result }: typeof a) => priceResult(result.paths, { ...a.model, prices } as typeof a.model);
      const [one, other] = [at(a), at(b)];
      if (!one.ok || !other.ok) throw new Error('not priced');
      expect(other.value.perAccess.value, key).toBeCloseTo(one.value.perAccess.value, 6);
    }
  });

  it('paths that only one side took', () => {
    const rows = onlyPathsTable(comparison).rows;
    expect(rows.map(({ cells }) => [cells[0]!.text, cells[1]!.raw])).toEqual([
      ['A', 10],
      ['B', 10],
    ]);
  });
});
