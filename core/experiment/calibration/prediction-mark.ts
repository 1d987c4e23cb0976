import type { Bounds, PricedResult } from '../pricing.ts';
import { explainedVariance, type Equation } from './fit.ts';

/** How far a prediction with calibrated prices lies within what was measured. */
export interface PredictionMark {
  readonly mark: 'interpolated' | 'extrapolated';
  /** Part of the prediction's uncertainty, 0 to 1, that the measured rows took away. */
  readonly explained: number;
}

/** A prediction is interpolated when the measured rows took away so much of its uncertainty: it is made of what was measured. */
const ENOUGH = 0.8;

/** Marks a result that was priced with calibrated prices. `priors`: the prices before the fit. */
export function markPrediction(
  priced: PricedResult,
  rows: readonly Equation[],
  priors: ReadonlyMap<string, Bounds>,
): PredictionMark {
  const times = new Map(priced.steps.map(({ step, times: count }) => [step, count / Math.max(1, priced.accesses)]));
  const explained = explainedVariance(times, rows, priors);
  return { mark: explained >= ENOUGH ? 'interpolated' : 'extrapolated', explained };
}
