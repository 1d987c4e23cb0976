import { STEP, STEP_COUNT, STEPS } from './steps.ts';
import type { CpuModel } from './cpu-model.ts';
import type { StepCount } from './paths.ts';
import type { Prices } from './prices/price-list.ts';

export type Bound = 'value' | 'low' | 'high';

/** Prices by step id, as PathTable takes them. `bound`: best value, or the low or high end of every range. */
export function priceVector(model: Pick<CpuModel, 'prices'>, bound: Bound = 'value'): Float64Array {
  const vector = new Float64Array(STEP_COUNT);
  for (const { name } of STEPS) vector[STEP[name]] = model.prices[name][bound];
  return vector;
}

/** Cycles of a list of steps. */
export function priceOfSteps(steps: readonly StepCount[], prices: Prices, bound: Bound = 'value'): number {
  return steps.reduce((sum, { step, times }) => sum + prices[STEPS[step]!.name][bound] * times, 0);
}
