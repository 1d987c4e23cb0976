import { difference, type Difference } from '../difference.ts';
import { priceResult } from '../pricing.ts';
import type { PricedRun } from '../priced-run.ts';
import type { PathResult } from '../result.ts';
import { breakEvenPrices, type PriceBreakEven } from './break-even.ts';
import { choicesThatDiffer, type DifferingChoice } from './choices-that-differ.ts';
import { Draws, type DrawOptions } from './draws.ts';
import { drawnDifferences, type Interval, intervalOf, shareBelowZero } from './interval.ts';
import { pairWarnings } from './pair-warnings.ts';
import { pathsOnlyIn, tookSamePaths } from './same-paths.ts';
import { sensitivities, type Sensitivity } from './sensitivity.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** A against B, in full: what a report, the command line and the window show of a pair. Costs are cycles an access; B - A throughout. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  /** What differs between the two configurations, first of all. */
  readonly choices: readonly DifferingChoice[];
  readonly warnings: readonly string[];
  readonly costA: number;
  readonly costB: number;
  readonly difference: number;
  /** Of A's cost; null when that is 0. */
  readonly relative: number | null;
  /** Uncertainty of the prices alone; null for identical runs, of which nothing is uncertain. */
  readonly interval: Interval | null;
  /** Part of the draws in which B is cheaper; null for identical runs. */
  readonly probability: number | null;
  readonly drawn: DrawOptions;
  /** Spread over seeds of the workload, at best prices; null when there was one seed. */
  readonly seeds: { readonly count: number; readonly low: number; readonly high: number } | null;
  readonly verdict: Verdict;
  /** Signed, by stage and by step. */
  readonly waterfall: Difference;
  readonly sensitivities: readonly Sensitivity[];
  readonly breakEven: readonly PriceBreakEven[];
  readonly onlyA: readonly PathResult[];
  readonly onlyB: readonly PathResult[];
}

/**
 * Compares runs of two configurations: one run a side, or one for each seed of the workload, in the same order on both sides. Nothing runs.
 */
export function comparePair(
  as: readonly PricedRun[],
  bs: readonly PricedRun[],
  draws: Draws = new Draws(),
): Comparison {
  const [a, b] = [pooled(as), pooled(bs)];
  const waterfall = difference(a, b);
  const change = waterfall.cycles.value;
  const identical = a.model.id === b.model.id && as.every((one, n) => tookSamePaths(one.result, bs[n]!.result));
  const sorted = identical ? null : drawnDifferences(a, b, draws);
  const interval = sorted === null ? null : intervalOf(sorted);
  const tornado = sensitivities(a, b, change);
  const seeds = seedSpread(as, bs);
  const costOfA = a.priced.perAccess.value;
  const choices = choicesThatDiffer(a.result.configuration, b.result.configuration);
  return {
    a: a.result.configuration.name,
    b: b.result.configuration.name,
    choices,
    warnings: pairWarnings(comparedOf(a), comparedOf(b)),
    costA: costOfA,
    costB: b.priced.perAccess.value,
    difference: change,
    relative: costOfA === 0 ? null : change / costOfA,
    interval,
    probability: sorted === null ? null : shareBelowZero(sorted),
    drawn: draws.options,
    seeds,
    verdict: verdictOf({
      identical,
      unlike: choices.some(({ what }) => what === 'hostCpus') && a.result.accesses !== b.result.accesses,
      difference: change,
      interval: interval ?? { level: 0.95, low: 0, high: 0 },
      costOfA,
      sensitivities: tornado,
      seeds,
    }),
    waterfall,
    sensitivities: tornado,
    breakEven: identical ? [] : breakEvenPrices(a, b, change),
    onlyA: pathsOnlyIn(a.result, b.result),
    onlyB: pathsOnlyIn(b.result, a.result),
  };
}

const comparedOf = ({ result }: PricedRun) => ({ configuration: result.configuration, result });

/** Runs that differ by their seed alone, as one: every path of each. */
function pooled(runs: readonly PricedRun[]): PricedRun {
  const first = runs[0]!;
  if (runs.length === 1) return first;
  const result = {
    ...first.result,
    accesses: runs.reduce((sum, one) => sum + one.result.accesses, 0),
    paths: pooledPaths(runs),
    divergences: runs.flatMap((one) => one.result.divergences),
    checked: runs.every((one) => one.result.checked),
    problem: runs.map((one) => one.result.problem).find((problem) => problem !== null) ?? null,
  };
  const priced = priceResult(result.paths, first.model);
  if (!priced.ok) throw new Error(priced.error);
  return { result, priced: priced.value, model: first.model };
}

/** Paths of several runs, each once, with how often all of them took it. */
function pooledPaths(runs: readonly PricedRun[]): PathResult[] {
  const paths = new Map<string, PathResult>();
  for (const { result } of runs)
    for (const { steps, count } of result.paths) {
      const key = JSON.stringify(steps);
      paths.set(key, { steps, count: count + (paths.get(key)?.count ?? 0) });
    }
  return [...paths.values()];
}

function seedSpread(as: readonly PricedRun[], bs: readonly PricedRun[]): Comparison['seeds'] {
  if (as.length < 2) return null;
  const changes = as.map((one, n) => bs[n]!.priced.perAccess.value - one.priced.perAccess.value);
  return { count: changes.length, low: Math.min(...changes), high: Math.max(...changes) };
}
