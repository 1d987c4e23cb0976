import type { CpuModel } from '../../cost/cpu-model.ts';
import { STEP, STEP_COUNT, STEPS } from '../../cost/steps.ts';
import type { PricedRun } from '../priced-run.ts';
import type { RunResult } from '../result.ts';
import { type Draws, drawKey } from './draws.ts';
import type { Pair } from './pairs.ts';

/** When timed runs ended under drawn price lists: for each run the cycles, one a draw, in the same order of draws everywhere. */
export type Reruns = ReadonlyMap<PricedRun, readonly number[]>;

/**
 * The first `count` price lists of the draws, as cycles by step id. A run whose control flow depends on time is run again with each: what it
 * counts may be another under other prices.
 */
export function drawnPriceLists(model: Pick<CpuModel, 'id' | 'prices'>, draws: Draws, count: number): number[][] {
  const lists = Array.from({ length: count }, () => Array.from({ length: STEP_COUNT }, () => 0));
  const sums = new Float64Array(count);
  for (const { name, stage } of STEPS) {
    sums.fill(0);
    draws.add(sums, model.prices[name], 1, drawKey(model, name), stage);
    lists.forEach((list, n) => (list[STEP[name]] = sums[n]!));
  }
  return lists;
}

/** Cycles until every vCPU of a timed run was through; null for any other run. */
export const endOf = ({ timed }: Pick<RunResult, 'timed'>): number | null =>
  timed === undefined ? null : Math.max(...timed.vcpus.map(({ clock }) => clock));

/** How B ended against A when both ran again. */
export interface RerunPair {
  readonly a: string;
  readonly b: string;
  /** Cycles that B ended after A (negative: before), one a draw, smallest first. */
  readonly later: readonly number[];
  readonly verdict: 'earlier' | 'later' | 'the same' | 'inconclusive';
}

/** Pairs of which both sides ran again, draw against draw. */
export function rerunPairs(pairs: readonly Pair[], reruns: Reruns): RerunPair[] {
  return pairs.flatMap(({ from, to, comparison: { a, b } }) => {
    const [endsA, endsB] = [reruns.get(from), reruns.get(to)];
    if (endsA === undefined || endsB === undefined || endsA.length === 0) return [];
    const later = endsB.map((end, n) => end - endsA[n]!).sort((x, y) => x - y);
    return [{ a, b, later, verdict: verdictOf(later) }];
  });
}

/** All draws must agree: a few draws say nothing of a few in a hundred. */
function verdictOf(later: readonly number[]): RerunPair['verdict'] {
  if (later.every((cycles) => cycles === 0)) return 'the same';
  if (later.every((cycles) => cycles < 0)) return 'earlier';
  return later.every((cycles) => cycles > 0) ? 'later' : 'inconclusive';
}
