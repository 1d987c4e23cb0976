import { err, ok, type Result } from '../../base/result.ts';
import type { Cited, CpuModel } from '../../cost/cpu-model.ts';
import { findCpuModel } from '../../cost/cpu-models.ts';
import type { StepName } from '../../cost/steps.ts';
import { type Bounds, priceResult, type PricedResult } from '../pricing.ts';
import type { PathResult } from '../result.ts';
import type { Host } from './calibrate.ts';
import { markPrediction, type PredictionMark } from './prediction-mark.ts';

/** A calibration as it is kept: everything that prices a later run and tells how far it can be trusted. */
export interface SavedCalibration {
  readonly host: Host;
  /** CPU model that the fit began with; runs to be priced are made on it. */
  readonly base: string;
  readonly prices: Readonly<Record<string, Cited>>;
  readonly equations: readonly {
    readonly name: string;
    readonly measured: number;
    readonly sigma: number;
    readonly times: readonly (readonly [string, number])[];
  }[];
}

/** The calibrated host as a CPU model: the base's geometry, the fitted prices, the base's where nothing was fitted. */
export function calibratedModel({
  host,
  base,
  prices,
}: Pick<SavedCalibration, 'host' | 'base' | 'prices'>): Result<CpuModel> {
  const model = findCpuModel(base);
  if (!model.ok) return model;
  const { name, cpu, ghz } = host;
  return ok({
    ...model.value,
    id: name,
    name: `${name} (${cpu}, calibrated from ${model.value.name})`,
    ghz,
    prices: { ...model.value.prices, ...prices },
  });
}

/** Prices paths of a run made on the base, and marks the prediction. `id`: what the model is to be called by, e.g. `haswell@my-host`. */
export function priceCalibrated(
  paths: readonly PathResult[],
  saved: SavedCalibration,
  id: string,
): Result<{ readonly priced: PricedResult; readonly model: CpuModel; readonly mark: PredictionMark }> {
  const [model, base] = [calibratedModel(saved), findCpuModel(saved.base)];
  if (!model.ok) return model;
  if (!base.ok) return base;
  const priced = priceResult(paths, model.value);
  if (!priced.ok) return err(priced.error);
  const priors = new Map<StepName, Bounds>(Object.entries(base.value.prices) as [StepName, Cited][]);
  const equations = saved.equations.map((row) => ({ ...row, times: new Map(row.times) }));
  return ok({
    priced: priced.value,
    model: { ...model.value, id },
    mark: markPrediction(priced.value, equations, priors),
  });
}
