import type { DockviewPanelApi } from 'dockview-react';
import { Suspense, useDeferredValue, useEffect, useMemo, useState, useTransition, type ComponentType } from 'react';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultPaneActions, shownPair } from '../state/result-pane-actions.ts';
import { en } from '../text/en.ts';
import { ErrorBoundary } from './error-boundary.tsx';

interface Props {
  readonly pane: ComponentType<ResultPaneProps>;
  readonly title: string;
  /** Where the pane is docked. */
  readonly panel: DockviewPanelApi;
}

/** Gives a result pane its run. A pane that fails says so and leaves the others alone; a hidden one is drawn when it is looked at. */
export function ResultSlot({ pane: Pane, title, panel }: Props) {
  const bench = useBench();
  const visible = useVisible(panel);
  const [seen, setSeen] = useState(false);
  // As a transition: where a new part of the page shows that it waits, React lets it wait 300 ms at least.
  const [coming, startTransition] = useTransition();
  useEffect(() => {
    if (visible) startTransition(() => setSeen(true));
  }, [visible]);
  // A new result may take its time: typing and scrolling go first.
  const run = useWhileVisible(useDeferredValue(useStore(bench.view, (view) => view.run)), visible);
  const pairs = useWhileVisible(
    useStore(bench.matrices, ({ pairs: all }) => all),
    visible,
  );
  const target = useWhileVisible(
    useStore(bench.view, (view) => view.target),
    visible,
  );
  const theme = useWhileVisible(
    useStore(bench.view, (view) => view.theme),
    visible,
  );
  const actions = useMemo(() => resultPaneActions(bench), [bench]);
  const pair = useMemo(() => shownPair(run, pairs), [run, pairs]);
  const content = useMemo(
    () =>
      run === null ? (
        <p className="pane-note">{en.panes.noRun}</p>
      ) : (
        <Pane run={run} pair={pair} target={target} theme={theme} actions={actions} />
      ),
    [Pane, run, pair, target, theme, actions],
  );
  const loading = <p className="pane-note">{en.common.loading}</p>;
  return (
    <ErrorBoundary title={title} resetKey={run?.runId ?? ''}>
      <Suspense fallback={loading}>{seen ? content : coming && loading}</Suspense>
    </ErrorBoundary>
  );
}

/** Whether a docked pane is on the screen. */
function useVisible(panel: DockviewPanelApi): boolean {
  const [visible, setVisible] = useState(panel.isVisible);
  useEffect(() => {
    setVisible(panel.isVisible);
    const follow = panel.onDidVisibilityChange(({ isVisible }) => setVisible(isVisible));
    return () => follow.dispose();
  }, [panel]);
  return visible;
}

/** A value as it was when it was last on the screen. */
function useWhileVisible<T>(value: T, visible: boolean): T {
  const [kept, setKept] = useState(value);
  if (visible && !Object.is(kept, value)) setKept(value);
  return visible ? value : kept;
}
