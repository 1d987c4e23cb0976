import { Random } from '../../base/random.ts';
import type { CpuModel } from '../../cost/cpu-model.ts';
import { STAGES, type Stage, type StepName } from '../../cost/steps.ts';
import type { Bounds } from '../pricing.ts';
import { fillNormal, normalCdf } from './normal.ts';
import { priceQuantile } from './price-quantile.ts';

export interface DrawOptions {
  /** How many price lists are drawn. */
  readonly draws: number;
  readonly seed: number;
  /**
   * How far prices of one stage err together, 0 (each for itself) to 1 (all by the same quantile). An assumption, so it stands on every
   * report: prices of a stage were mostly scaled by one published sum, but nobody knows by how much their errors hang together.
   */
  readonly correlation: number;
}

export const DEFAULT_DRAWS: DrawOptions = { draws: 10_000, seed: 1, correlation: 0.5 };

/** Silicon's own prices are those of one CPU; the kernel's are one base list, scaled. */
const SILICON = /^(hw|walk|guest)\./;

/** Steps with the same key are wrong by the same quantile, on whatever CPU. */
export const drawKey = (model: Pick<CpuModel, 'id'>, step: StepName): string =>
  SILICON.test(step) ? `${model.id}:${step}` : step;

/**
 * Price lists drawn from the prices' ranges. A step's draws depend on the seed and its key alone, so the two sides of a pair, and any two
 * comparisons with one seed, meet the same errors: what they share cancels.
 */
export class Draws {
  readonly options: DrawOptions;
  private readonly stages = new Map<Stage, Float64Array>();
  private readonly quantiles = new Map<string, Float64Array>();

  constructor(options: Partial<DrawOptions> = {}) {
    this.options = { ...DEFAULT_DRAWS, ...options };
  }

  /** Adds `times` prices of a step to each draw's sum. */
  add(sums: Float64Array, price: Bounds, times: number, key: string, stage: Stage): void {
    if (times === 0) return;
    if (price.low === price.high) {
      for (let i = 0; i < sums.length; i++) sums[i]! += times * price.value;
      return;
    }
    const u = this.quantilesOf(key, stage);
    for (let i = 0; i < sums.length; i++) sums[i]! += times * priceQuantile(price, u[i]!);
  }

  /** The quantile of a step in each draw. */
  private quantilesOf(key: string, stage: Stage): Float64Array {
    const known = this.quantiles.get(key);
    if (known !== undefined) return known;
    const { draws, seed, correlation } = this.options;
    const common = this.commonOf(stage);
    const u = new Float64Array(draws);
    fillNormal(u, new Random(hash(`step ${key}`, seed)));
    const own = Math.sqrt(1 - correlation);
    const shared = Math.sqrt(correlation);
    for (let i = 0; i < draws; i++) u[i] = normalCdf(shared * common[i]! + own * u[i]!);
    this.quantiles.set(key, u);
    return u;
  }

  private commonOf(stage: Stage): Float64Array {
    let common = this.stages.get(stage);
    if (common === undefined) {
      common = new Float64Array(this.options.draws);
      fillNormal(common, new Random(hash(`stage ${STAGES.indexOf(stage)}`, this.options.seed)));
      this.stages.set(stage, common);
    }
    return common;
  }
}

/** A seed of a name and a seed (FNV-1a, then mixed with the seed). */
function hash(name: string, seed: number): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193);
  return (value >>> 0) + (seed >>> 0) * 0x1_0000_0000;
}
