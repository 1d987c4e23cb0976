import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCpuModel } from '../cost/cpu-models.ts';
import { STEPS, type StepName } from '../cost/steps.ts';
import { priceResult } from './pricing.ts';
import type { PathResult, RunResult } from './result.ts';
import { difference } from './difference.ts';
import type { PricedRun } from './priced-run.ts';

function view(paths: readonly PathResult[], cpu = 'skylake-sp'): PricedRun {
  const model = findCpuModel(cpu);
  if (!model.ok) throw new Error(model.error);
  const priced = priceResult(paths, model.value);
  if (!priced.ok) throw new Error(priced.error);
  return { result: { paths } as RunResult, priced: priced.value, model: model.value };
}

const once = (...steps: [StepName, number][]): PathResult => ({ steps, count: 1 });

describe('the difference of two runs', () => {
  it('of the same steps is nothing', () => {
    const run = view([once(['hw.vmexit', 1], ['hw.vmentry', 1])]);
    expect(difference(run, run)).toMatchObject({ cycles: { value: 0, low: 0, high: 0 }, stages: [], steps: [] });
  });

  it('does not move shared steps apart: its range is that of what differs', () => {
    const model = view([]).model;
    const from = view([once(['hw.vmexit', 1])]);
    const to = view([once(['hw.vmexit', 1], ['eventfd_signal', 2])]);
    const price = model.prices.eventfd_signal;
    expect(difference(from, to).cycles).toEqual({ value: 2 * price.value, low: 2 * price.low, high: 2 * price.high });
    expect(difference(from, to).steps).toEqual([
      { step: 'eventfd_signal', stage: 'eventfd', times: 2, cycles: 2 * price.value },
    ]);
  });

  it('is the difference of the means, lies in its range, and turns with its sides', () => {
    const paths = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 1000 }),
        steps: fc.array(fc.tuple(fc.constantFrom(...STEPS.map(({ name }) => name)), fc.integer({ min: 1, max: 9 })), {
          minLength: 1,
          maxLength: 6,
        }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(paths, paths, fc.constantFrom('zen4', 'skylake-sp'), (a, b, cpu) => {
        const [from, to] = [view(a), view(b, cpu)];
        const { cycles, stages } = difference(from, to);
        const back = difference(to, from).cycles;
        const near = (x: number, y: number) => expect(Math.abs(x - y)).toBeLessThan(1e-6 * (1 + Math.abs(x)));
        near(cycles.value, to.priced.perAccess.value - from.priced.perAccess.value);
        near(
          cycles.value,
          stages.reduce((sum, stage) => sum + stage.cycles, 0),
        );
        near(cycles.low, -back.high);
        expect(cycles.low).toBeLessThanOrEqual(cycles.value + 1e-6);
        expect(cycles.high).toBeGreaterThanOrEqual(cycles.value - 1e-6);
      }),
    );
  });
});
