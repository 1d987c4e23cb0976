import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useBench } from './bench-context.ts';
import type { ScriptDocument } from './document.ts';
import { activeDocument } from './documents.ts';
import { checkProblems, runProblems, type Problem } from './problems.ts';
import { endedOf } from './run.ts';
import { latestRunOf } from './runs.ts';

/** The active script and its problems: what the lab's check found, then what the last run met. */
export function useProblems(): { document: ScriptDocument | null; problems: readonly Problem[] } {
  const bench = useBench();
  const document = useStore(bench.documents, activeDocument);
  const id = document?.id ?? '';
  const news = useStore(bench.runs, (state) => {
    const run = latestRunOf(state, id);
    return run === null ? '' : `${run.runId} ${endedOf(run)}`;
  });
  const ofRun = useMemo(() => {
    const run = latestRunOf(bench.runs.getState(), id);
    return run === null ? [] : runProblems(run);
  }, [bench, id, news]);
  const ofCheck = useMemo(() => (document === null ? [] : checkProblems(document)), [document]);
  return { document, problems: useMemo(() => [...ofCheck, ...ofRun], [ofCheck, ofRun]) };
}
