import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useBench } from './bench-context.ts';
import { activeDocument } from './documents.ts';
import { outputOf, type OutputLine } from './output.ts';
import { latestRunOf } from './runs.ts';

/** What the last run of the active script said. */
export function useOutput(): readonly OutputLine[] {
  const bench = useBench();
  const id = useStore(bench.documents, (state) => activeDocument(state)?.id ?? '');
  const run = useStore(bench.runs, (state) => latestRunOf(state, id));
  return useMemo(() => (run === null ? [] : outputOf(run, Object.values(bench.runs.getState().runs))), [bench, run]);
}
