import type { Stage, StepName } from '../../cost/steps.ts';
import type { PricedRun } from '../priced-run.ts';

/** How often an access of each side takes a step, on average. */
export interface StepTimes {
  readonly step: StepName;
  readonly stage: Stage;
  readonly timesA: number;
  readonly timesB: number;
}

/** Steps that either side took, in the order in which they appear. */
export function stepTimes(a: PricedRun, b: PricedRun): StepTimes[] {
  const rows = new Map<StepName, { step: StepName; stage: Stage; timesA: number; timesB: number }>();
  for (const { step, stage, times } of a.priced.steps) {
    rows.set(step, { step, stage, timesA: times / a.priced.accesses, timesB: 0 });
  }
  for (const { step, stage, times } of b.priced.steps) {
    const row = rows.get(step) ?? { step, stage, timesA: 0, timesB: 0 };
    row.timesB = times / b.priced.accesses;
    rows.set(step, row);
  }
  return [...rows.values()];
}
