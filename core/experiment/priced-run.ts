import type { PredictionMark } from './calibration/prediction-mark.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import type { PricedResult } from './pricing.ts';
import type { RunResult } from './result.ts';

/** A run with its prices. */
export interface PricedRun {
  readonly result: RunResult;
  readonly priced: PricedResult;
  readonly model: CpuModel;
  /** With calibrated prices: how far the prediction lies within what was measured. */
  readonly mark?: PredictionMark;
}
