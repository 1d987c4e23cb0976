import type { PricedRun } from '../priced-run.ts';
import { Draws, drawKey } from './draws.ts';
import { stepTimes } from './step-times.ts';

/** How uncertain a number is because prices are. */
export interface Interval {
  /** Part of the draws that lie inside, 0 to 1. */
  readonly level: number;
  readonly low: number;
  readonly high: number;
}

/** Cycles an access of B minus those of A, one for each draw of the prices, smallest first. */
export function drawnDifferences(a: PricedRun, b: PricedRun, draws: Draws): Float64Array {
  const sums = new Float64Array(draws.options.draws);
  for (const { step, stage, timesA, timesB } of stepTimes(a, b)) {
    const [keyA, keyB] = [drawKey(a.model, step), drawKey(b.model, step)];
    const [priceA, priceB] = [a.model.prices[step], b.model.prices[step]];
    if (keyA === keyB && priceA === priceB) draws.add(sums, priceA, timesB - timesA, keyA, stage);
    else {
      draws.add(sums, priceA, -timesA, keyA, stage);
      draws.add(sums, priceB, timesB, keyB, stage);
    }
  }
  return sums.sort();
}

/** The middle part of sorted draws, by nearest rank: as many lie below it as above. */
export function intervalOf(sorted: Float64Array, level = 0.95): Interval {
  const tail = (1 - level) / 2;
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
  return { level, low: at(tail), high: at(1 - tail) };
}

/** Part of sorted draws below zero: how sure it is that B is cheaper. Draws of exactly zero count half. */
export function shareBelowZero(sorted: Float64Array): number {
  let below = 0;
  let zero = 0;
  for (const value of sorted) {
    if (value < 0) below++;
    else if (value === 0) zero++;
    else break;
  }
  return (below + zero / 2) / sorted.length;
}
