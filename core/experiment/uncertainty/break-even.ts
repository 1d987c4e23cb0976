import type { Stage, StepName } from '../../cost/steps.ts';
import type { PricedRun } from '../priced-run.ts';
import { stepTimes } from './step-times.ts';

/** Price of a step at which both sides cost the same, all others at their best value. */
export interface PriceBreakEven {
  readonly step: StepName;
  readonly stage: Stage;
  /** Cycles on A's CPU. On another CPU B's price moves by the same factor. */
  readonly price: number;
  /** The price now. */
  readonly now: number;
  /** True when it lies in the range of the price: the verdict hangs on it. */
  readonly inRange: boolean;
}

/** A price further off than this is no answer. */
export const FURTHEST = 100;

/**
 * Break-even prices that are not negative nor more than FURTHEST times what the price is now, the nearest (as a factor) first. Exact: cost
 * is linear in a price.
 */
export function breakEvenPrices(a: PricedRun, b: PricedRun, difference: number): PriceBreakEven[] {
  const rows: PriceBreakEven[] = [];
  for (const { step, stage, timesA, timesB } of stepTimes(a, b)) {
    const [priceA, priceB] = [a.model.prices[step], b.model.prices[step]];
    const part = timesB * priceB.value - timesA * priceA.value;
    if (part === 0) continue;
    const factor = 1 - difference / part;
    const price = factor * priceA.value;
    if (factor < 0 || factor > FURTHEST) continue;
    const inRange = price >= priceA.low && price <= priceA.high;
    rows.push({ step, stage, price, now: priceA.value, inRange });
  }
  const far = ({ price, now }: PriceBreakEven): number => Math.abs(Math.log((price + 1e-9) / (now + 1e-9)));
  return rows.sort((one, other) => far(one) - far(other));
}

/**
 * The point between `low` and `high` at which a difference that must be run to be known changes its sign, by bisection. `differenceAt` is
 * asked `steps` times beyond the two ends. Null when both ends have the same sign.
 */
export async function bisect(
  differenceAt: (at: number) => Promise<number>,
  low: number,
  high: number,
  steps: number,
): Promise<{ readonly low: number; readonly high: number } | null> {
  const left = await differenceAt(low);
  const right = await differenceAt(high);
  if (left === 0) return { low, high: low };
  if (right === 0) return { low: high, high };
  if (Math.sign(left) === Math.sign(right)) return null;
  let [from, to] = [low, high];
  for (let i = 0; i < steps; i++) {
    const middle = (from + to) / 2;
    const found = await differenceAt(middle);
    if (found === 0) return { low: middle, high: middle };
    if (Math.sign(found) === Math.sign(left)) from = middle;
    else to = middle;
  }
  return { low: from, high: to };
}
