import { Suspense, useMemo, type ComponentType } from 'react';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultPaneActions, shownPair } from '../state/result-pane-actions.ts';
import { shownRun } from '../state/runs.ts';
import { en } from '../text/en.ts';
import { ErrorBoundary } from './error-boundary.tsx';

/** Gives a result pane its run. A pane that fails says so and leaves the others alone. */
export function ResultSlot({ pane: Pane, title }: { pane: ComponentType<ResultPaneProps>; title: string }) {
  const bench = useBench();
  const run = useStore(bench.runs, shownRun);
  const pairs = useStore(bench.matrices, ({ pairs: all }) => all);
  const target = useStore(bench.view, (view) => view.target);
  const theme = useStore(bench.view, (view) => view.theme);
  const actions = useMemo(() => resultPaneActions(bench), [bench]);
  const pair = useMemo(() => shownPair(run, pairs), [run, pairs]);
  if (run === null) return <p className="pane-note">{en.panes.noRun}</p>;
  return (
    <ErrorBoundary title={title} resetKey={run.runId}>
      <Suspense fallback={<p className="pane-note">{en.common.loading}</p>}>
        <Pane run={run} pair={pair} target={target} theme={theme} actions={actions} />
      </Suspense>
    </ErrorBoundary>
  );
}
