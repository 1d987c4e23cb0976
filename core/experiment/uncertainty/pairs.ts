import type { PricedRun } from '../priced-run.ts';
import { comparePair, type Comparison } from './compare.ts';
import { Draws } from './draws.ts';

/** A run and the one that it is compared with. */
export interface Pair {
  readonly from: PricedRun;
  readonly to: PricedRun;
  readonly comparison: Comparison;
}

/** Runs of the same configurations with other seeds of the workload: for each run those beside it, in the same order everywhere. */
export type SeedRuns = ReadonlyMap<PricedRun, readonly PricedRun[]>;

/** Every run against its baseline: the run of this index, or, with null, the first run on the same CPU. One set of draws serves all. */
export function pairsOf(
  runs: readonly PricedRun[],
  baseline: number | null,
  draws: Draws = new Draws(),
  seeds: SeedRuns = new Map(),
): Pair[] {
  const all = (run: PricedRun): readonly PricedRun[] => [run, ...(seeds.get(run) ?? [])];
  return runs.flatMap((to) => {
    const from = baseline === null ? runs.find(({ model }) => model.id === to.model.id)! : runs[baseline]!;
    return from === to ? [] : [{ from, to, comparison: comparePair(all(from), all(to), draws) }];
  });
}
