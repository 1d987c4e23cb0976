import type { CpuModel } from '../cost/cpu-model.ts';
import type { PricedResult } from './pricing.ts';
import type { RunResult } from './result.ts';

/** A run with its prices. */
export interface PricedRun {
  readonly result: RunResult;
  readonly priced: PricedResult;
  readonly model: CpuModel;
}
