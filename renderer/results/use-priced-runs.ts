import { useRef } from 'react';
import { useStore } from 'zustand';
import { knownCpus } from '../state/known-cpus.ts';
import type { BenchRun } from '../state/run.ts';
import { resultText } from '../text/results.ts';
import { pricedRuns, type PricedRuns } from './priced-runs.ts';

/** The priced results of a run; the same object until a result comes in, so that progress redraws nothing. */
export function usePricedRuns(run: BenchRun): PricedRuns {
  // Prices of a calibrated host may come, change and go.
  useStore(knownCpus);
  const kept = useRef<PricedRuns>({ runs: [], missing: [] });
  const fresh = pricedRuns(run, resultText.unpriced);
  const { runs, missing } = kept.current;
  const same =
    fresh.runs.length === runs.length &&
    fresh.runs.every(({ result, index, name, priced }, n) => {
      const before = runs[n]!;
      return before.result === result && before.priced === priced && before.index === index && before.name === name;
    }) &&
    JSON.stringify(fresh.missing) === JSON.stringify(missing);
  if (!same) kept.current = fresh;
  return kept.current;
}
