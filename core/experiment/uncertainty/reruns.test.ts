import { describe, expect, it } from 'vitest';
import { findCpuModel } from '../../cost/cpu-models.ts';
import { priceVector } from '../../cost/price-vector.ts';
import { STEP, STEPS } from '../../cost/steps.ts';
import { OP } from '../../guest/instruction.ts';
import { ARGS_UNIT, RECORD, recordHeader } from '../../guest/records.ts';
import type { SetupOp } from '../../guest/setup.ts';
import { parseConfigurations } from '../configurations.ts';
import { prepare } from '../run.ts';
import { Draws, drawKey } from './draws.ts';
import type { Pair } from './pairs.ts';
import { drawnPriceLists, endOf, rerunPairs } from './reruns.ts';

const model = (id: string) => {
  const found = findCpuModel(id);
  if (!found.ok) throw new Error(found.error);
  return found.value;
};
const RAM: SetupOp = {
  kind: 'ram',
  gpa: 0n,
  size: 1n << 20n,
  readonly: false,
  logDirty: false,
  hostPage: '4K',
  map: '4K',
};
const draws = new Draws({ draws: 64 });

describe('drawn price lists', () => {
  const haswell = model('haswell');
  const lists = drawnPriceLists(haswell, draws, 8);

  it('lie in the ranges of the prices, and differ from draw to draw where there is a range', () => {
    for (const { name } of STEPS) {
      const { low, high } = haswell.prices[name];
      const drawn = lists.map((list) => list[STEP[name]]!);
      for (const price of drawn) expect(price, name).toSatisfy((p: number) => p >= low - 1e-9 && p <= high + 1e-9);
      if (low < high) expect(new Set(drawn).size, name).toBeGreaterThan(1);
    }
  });

  it('are those that intervals are drawn from, whatever their number', () => {
    const name = 'hw.vmexit';
    const sums = new Float64Array(64);
    draws.add(sums, haswell.prices[name], 1, drawKey(haswell, name), 'world switch');
    expect(lists.map((list) => list[STEP[name]])).toEqual([...sums.subarray(0, 8)]);
  });

  it('have one kernel for both sides of a pair: a step of the kernel is dear on both or on neither', () => {
    const other = drawnPriceLists(model('zen4'), draws, 8);
    const name = 'ioeventfd_write';
    const order = (of: number[][]): number[] =>
      of
        .map((list, n) => [list[STEP[name]]!, n] as const)
        .sort(([a], [b]) => a - b)
        .map(([, n]) => n);
    expect(order(other)).toEqual(order(lists));
  });
});

describe('a run by other prices', () => {
  const parsed = parseConfigurations({ mmus: ['ept'], designs: ['userspace'] });
  if (!parsed.ok) throw new Error(parsed.error);
  const configuration = parsed.value[0]!;
  const best = [...priceVector(model(configuration.cpu))];
  const clock = (prices?: readonly number[]): number => {
    const prepared = prepare(configuration, [RAM], prices === undefined ? {} : { prices });
    if (!prepared.ok) throw new Error(prepared.error);
    const body = [recordHeader(OP.CPUID, 0, 0, 0)];
    prepared.value.run(Float64Array.from([RECORD.LOOP + 2 * ARGS_UNIT, 100, body.length, ...body]), 3 + body.length);
    return prepared.value.result().clock;
  };

  it('goes by them: its own are the default, twice the prices take twice as long', () => {
    expect(clock(best)).toBe(clock());
    // Prices are kept in sixteenths of a cycle.
    expect(clock(best.map((price) => 2 * price)) / clock()).toBeCloseTo(2, 2);
  });

  it('that is not timed has no end', () => expect(endOf({})).toBeNull());
});

describe('pairs that ran again', () => {
  const [from, to] = [{}, {}] as [Pair['from'], Pair['to']];
  const pair = { from, to, comparison: { a: 'A', b: 'B' } } as Pair;
  it.each([
    [[10, 20, 30], [5, 19, 29], 'earlier', [-5, -1, -1]],
    [[10, 20, 30], [11, 25, 31], 'later', [1, 1, 5]],
    [[10, 20, 30], [10, 20, 30], 'the same', [0, 0, 0]],
    [[10, 20, 30], [9, 20, 31], 'inconclusive', [-1, 0, 1]],
  ] as const)('%j against %j: %s', (a, b, verdict, later) =>
    expect(
      rerunPairs(
        [pair],
        new Map([
          [from, a],
          [to, b],
        ]),
      ),
    ).toEqual([{ a: 'A', b: 'B', later, verdict }]),
  );

  it('of which one side is not timed are left out', () =>
    expect(rerunPairs([pair], new Map([[from, [1]]]))).toEqual([]));
});
