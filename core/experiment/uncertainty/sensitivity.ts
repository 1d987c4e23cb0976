import type { Stage, StepName } from '../../cost/steps.ts';
import type { Kind } from '../../cost/cpu-model.ts';
import type { PricedRun } from '../priced-run.ts';
import { stepTimes } from './step-times.ts';

/** What the price of one step does to the difference when it alone goes from its low end to its high end. */
export interface Sensitivity {
  readonly step: StepName;
  readonly stage: Stage;
  /** The least certain of the two sides' prices. */
  readonly kind: Kind;
  /** Difference B - A, cycles an access, with the price at its low end and at its high end on both sides. */
  readonly atLow: number;
  readonly atHigh: number;
  /** True when the sign of the difference changes on the way. */
  readonly decides: boolean;
}

const CERTAINTY: readonly Kind[] = ['read', 'derived', 'estimated'];

/** Steps whose price moves the difference, the most first (the bars of a tornado chart). `difference`: B - A at best prices. */
export function sensitivities(a: PricedRun, b: PricedRun, difference: number): Sensitivity[] {
  return stepTimes(a, b)
    .map(({ step, stage, timesA, timesB }) => {
      const [priceA, priceB] = [a.model.prices[step], b.model.prices[step]];
      const best = timesB * priceB.value - timesA * priceA.value;
      const atLow = difference + timesB * priceB.low - timesA * priceA.low - best;
      const atHigh = difference + timesB * priceB.high - timesA * priceA.high - best;
      const kind = CERTAINTY[Math.max(CERTAINTY.indexOf(priceA.kind), CERTAINTY.indexOf(priceB.kind))]!;
      return { step, stage, kind, atLow, atHigh, decides: Math.sign(atLow) !== Math.sign(atHigh) };
    })
    .filter(({ atLow, atHigh }) => Math.abs(atHigh - atLow) > 1e-9)
    .sort((one, other) => Math.abs(other.atHigh - other.atLow) - Math.abs(one.atHigh - one.atLow));
}
