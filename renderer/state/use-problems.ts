import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useBench } from './bench-context.ts';
import type { ScriptDocument } from './document.ts';
import { activeDocument } from './documents.ts';
import { checkProblems, runProblems, type Problem } from './problems.ts';
import { endedOf, isOf } from './run.ts';
import { latestRunOf } from './runs.ts';

interface Problems {
  readonly document: ScriptDocument | null;
  readonly problems: readonly Problem[];
  /** True when the text has changed since its last run, and what that run met is left out. */
  readonly changed: boolean;
}

/** The active script and its problems: what the lab's check found, then what the last run of this very text met. */
export function useProblems(): Problems {
  const bench = useBench();
  const document = useStore(bench.documents, activeDocument);
  const id = document?.id ?? '';
  const news = useStore(bench.runs, (state) => {
    const run = latestRunOf(state, id);
    return run === null ? '' : `${run.runId} ${endedOf(run)}`;
  });
  const run = latestRunOf(bench.runs.getState(), id);
  const changed = run !== null && document !== null && !isOf(run, document.text);
  const ofRun = useMemo(
    () => (run === null || changed ? [] : runProblems(run, run.script.text)),
    // Progress makes a new run of the same news.
    [bench, id, news, changed],
  );
  const ofCheck = useMemo(() => (document === null ? [] : checkProblems(document)), [document]);
  return { document, problems: useMemo(() => [...ofCheck, ...ofRun], [ofCheck, ofRun]), changed };
}
