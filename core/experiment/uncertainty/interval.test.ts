import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import type { StepName } from '../../cost/steps.ts';
import { comparePair } from './compare.ts';
import { Draws } from './draws.ts';
import { modelWith, path, runOf } from './fixtures.ts';
import { drawnDifferences, intervalOf, shareBelowZero } from './interval.ts';
import { meanPrice, priceQuantile } from './price-quantile.ts';

const independent = (seed = 1, draws = 10_000): Draws => new Draws({ seed, draws, correlation: 0 });
const only = (step: StepName): [ReturnType<typeof runOf>, ReturnType<typeof runOf>] => {
  const model = modelWith({ [step]: [100, 200, 400] });
  return [runOf([path(1, ['guest.write', 1])], model), runOf([path(1, ['guest.write', 1], [step, 1])], model)];
};

describe('the belief about one price', () => {
  it('has its ends, its value as median, and a mean in closed form', () => {
    const price = { low: 100, value: 200, high: 400 };
    expect([0, 0.25, 0.5, 0.75, 1].map((u) => priceQuantile(price, u))).toEqual([100, 150, 200, 300, 400]);
    expect(meanPrice(price)).toBe(225);
  });
});

describe('the interval of a difference', () => {
  it('of one uncertain price has the quantiles of that price', () => {
    const [a, b] = only('eventfd_signal');
    const { low, high } = intervalOf(drawnDifferences(a, b, independent(1, 100_000)));
    // The 2.5 % and 97.5 % points in closed form: 100 + 0.05 * 100 and 200 + 0.95 * 200.
    expect(Math.abs(low - 105)).toBeLessThan(1);
    expect(Math.abs(high - 390)).toBeLessThan(1);
  });

  it('leaves out what both sides share', () => {
    const model = modelWith({ 'hw.vmexit': [1, 500, 5000], eventfd_signal: [100, 100, 100] });
    const a = runOf([path(3, ['hw.vmexit', 1])], model);
    const b = runOf([path(3, ['hw.vmexit', 1], ['eventfd_signal', 1])], model);
    expect(intervalOf(drawnDifferences(a, b, independent()))).toEqual({ level: 0.95, low: 100, high: 100 });
  });

  it('grows with the correlation of prices that add up, up to that of one price', () => {
    const model = modelWith({ ioeventfd_write: [100, 200, 300], eventfd_signal: [100, 200, 300] });
    const a = runOf([path(1, ['guest.write', 1])], model);
    const b = runOf([path(1, ['guest.write', 1], ['ioeventfd_write', 1], ['eventfd_signal', 1])], model);
    const width = (correlation: number): number => {
      const { low, high } = intervalOf(drawnDifferences(a, b, new Draws({ draws: 20_000, seed: 3, correlation })));
      return high - low;
    };
    const widths = [0, 0.5, 1].map(width);
    // Both are of the stage eventfd. Fully together: 2 * 0.95 * 200; apart (sum of two uniform prices): 2 * 200 * (1 - sqrt(0.05)).
    expect(Math.abs(widths[0]! - 400 * (1 - Math.sqrt(0.05)))).toBeLessThan(6);
    expect(Math.abs(widths[2]! - 380)).toBeLessThan(4);
    expect(widths[1]).toBeGreaterThan(widths[0]!);
    expect(widths[1]).toBeLessThan(widths[2]!);
  });

  it('holds the truth in 95 of 100 worlds', () => {
    const steps: StepName[] = ['hw.vmexit', 'hw.vmentry', 'kvm_io_bus_cmp', 'x86_decode_insn', 'ioeventfd_write'];
    const model = modelWith(Object.fromEntries(steps.map((step, n) => [step, [50 + n, 100 + 40 * n, 300 + 90 * n]])));
    const a = runOf([path(1, ['hw.vmexit', 1], ['kvm_io_bus_cmp', 4])], model);
    const b = runOf(
      [path(1, ['hw.vmexit', 2], ['x86_decode_insn', 1], ['hw.vmentry', 1], ['ioeventfd_write', 1])],
      model,
    );
    const { low, high } = intervalOf(drawnDifferences(a, b, independent(1, 20_000)));
    const random = new Random(99);
    const worlds = 4000;
    let inside = 0;
    for (let world = 0; world < worlds; world++) {
      const truth = new Map(steps.map((step) => [step, priceQuantile(model.prices[step], random.next() / 2 ** 32)]));
      const cost = (times: Partial<Record<StepName, number>>): number =>
        steps.reduce((sum, step) => sum + (times[step] ?? 0) * truth.get(step)!, 0);
      const difference =
        cost({ 'hw.vmexit': 2, x86_decode_insn: 1, 'hw.vmentry': 1, ioeventfd_write: 1 }) -
        cost({ 'hw.vmexit': 1, kvm_io_bus_cmp: 4 });
      if (difference >= low && difference <= high) inside++;
    }
    // Four standard errors of a share of 0.95 of 4000, and that of the interval's own draws.
    expect(Math.abs(inside / worlds - 0.95)).toBeLessThan(
      4 * Math.sqrt((0.95 * 0.05) / worlds + (0.95 * 0.05) / 20_000),
    );
  });

  it('is the brute-force one: every draw priced whole, side by side', () => {
    const counts = fc.array(
      fc.tuple(
        fc.constantFrom<StepName[]>('hw.vmexit', 'kvm_io_bus_cmp', 'guest.read'),
        fc.integer({ min: 1, max: 5 }),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(counts, counts, fc.integer({ min: 0, max: 1000 }), (one, other, seed) => {
        const model = modelWith();
        const [a, b] = [runOf([path(2, ...one)], model), runOf([path(5, ...other)], model)];
        const draws = new Draws({ draws: 50, seed, correlation: 0.5 });
        const cost = (run: typeof a): Float64Array => {
          const sums = new Float64Array(50);
          for (const { step, stage, times } of run.priced.steps) {
            const key = /^(hw|walk|guest)\./.test(step) ? `${model.id}:${step}` : step;
            draws.add(sums, model.prices[step], times / run.priced.accesses, key, stage);
          }
          return sums;
        };
        const [costA, costB] = [cost(a), cost(b)];
        const brute = costB.map((cycles, i) => cycles - costA[i]!).sort();
        drawnDifferences(a, b, draws).forEach((value, i) => expect(value).toBeCloseTo(brute[i]!, 6));
      }),
      { numRuns: 50 },
    );
  });

  it('says the same for the same seed, and not for another', () => {
    const [a, b] = only('eventfd_signal');
    const drawn = (seed: number): number[] => [...drawnDifferences(a, b, independent(seed, 100))];
    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(5)).not.toEqual(drawn(6));
  });

  it('draws ten thousand price lists of a normal result in well under a second', { timeout: 1000 }, () => {
    const { prices } = modelWith();
    const steps = (Object.keys(prices) as StepName[]).slice(0, 80).map((step, n) => [step, 1 + (n % 3)] as const);
    const [a, b] = [runOf([path(9, ...steps)]), runOf([path(9, ...steps.slice(5), ['eventfd_signal', 4])])];
    expect(comparePair([a], [b]).drawn.draws).toBe(10_000);
  });
});

describe('the share of draws in which B is cheaper', () => {
  it.each([
    [[-2, -1, 1, 2], 0.5],
    [[-2, -1, 0, 2], 0.625],
    [[0, 0], 0.5],
    [[1], 0],
  ])('of %j is %d', (sorted, share) => {
    expect(shareBelowZero(Float64Array.from(sorted))).toBe(share);
  });
});
