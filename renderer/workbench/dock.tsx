import { DockviewReact, type DockviewApi, type IDockviewPanelProps } from 'dockview-react';
import 'dockview-react/dist/styles/dockview.css';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { EditorPane } from '../editor/editor-pane.tsx';
import { announce } from '../state/announcer.ts';
import { useBench } from '../state/bench-context.ts';
import { closeDocument } from '../state/close-document.ts';
import { en } from '../text/en.ts';
import { dockOf } from './dock-actions.ts';
import { followDocuments } from './dock-documents.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { paneTitle } from './pane-list.ts';
import { PLAIN_PANES, RESULT_PANES } from './panes.tsx';
import { ResultSlot } from './result-slot.tsx';
import { restoreLayout } from './restore-layout.ts';
import { documentOfPanel, Tab } from './tab.tsx';
import { followTabOverflow } from './tab-overflow.ts';
import './dock.css';

const framed = (id: string, content: ReactNode) => (
  <ErrorBoundary title={paneTitle(id) ?? id}>
    <div className="pane">{content}</div>
  </ErrorBoundary>
);

const components = {
  ...Object.fromEntries(Object.entries(PLAIN_PANES).map(([id, Pane]) => [id, () => framed(id, <Pane />)])),
  ...Object.fromEntries(
    Object.entries(RESULT_PANES).map(([id, Pane]) => [
      id,
      ({ api }: IDockviewPanelProps) => framed(id, <ResultSlot pane={Pane} title={paneTitle(id) ?? id} panel={api} />),
    ]),
  ),
  editor: ({ api }: IDockviewPanelProps) => (
    <ErrorBoundary title={api.title ?? ''}>
      <EditorPane documentId={documentOfPanel(api.id) ?? ''} />
    </ErrorBoundary>
  ),
};

/** The docked panes. `saved` is the layout of the last time; null for the default. */
export function Dock({ saved, onChange }: { saved: unknown; onChange: () => void }) {
  const bench = useBench();
  const [api, setApi] = useState<DockviewApi | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const theme = { name: 'exitlab', className: 'dockview-theme-exitlab' } as const;
  useEffect(() => {
    if (api === null) return;
    const documents = bench.documents.getState().open.map(({ id }) => id);
    if (!restoreLayout(api, saved, documents)) announce(bench.announcer, en.layout.damaged, 'error');
    const dock = dockOf(bench, api);
    bench.view.setState({ dock });
    const unfollow = followDocuments(bench, api);
    const layout = api.onDidLayoutChange(onChange);
    const unfollowTabs = followTabOverflow(api, frame.current!);
    return () => {
      unfollowTabs();
      layout.dispose();
      unfollow();
    };
  }, [api]);
  useEffect(() => {
    // Before dockview sees them: Delete on the tab of an editor asks about unsaved text.
    const onKey = (event: KeyboardEvent): void => {
      const tab = event.target as HTMLElement;
      if ((event.key !== 'Delete' && event.key !== 'Backspace') || tab.getAttribute('role') !== 'tab') return;
      const panel = api?.panels.find(
        (candidate) => candidate.view.tab.element.contains(tab) || tab.contains(candidate.view.tab.element),
      );
      const id = panel === undefined ? null : documentOfPanel(panel.id);
      if (id === null) return;
      event.preventDefault();
      event.stopPropagation();
      void closeDocument(bench, id);
    };
    const element = frame.current;
    element?.addEventListener('keydown', onKey, true);
    return () => element?.removeEventListener('keydown', onKey, true);
  }, [api]);
  return (
    <div className="dock" ref={frame}>
      <DockviewReact
        components={components}
        defaultTabComponent={Tab}
        theme={theme}
        scrollbars="native"
        disableFloatingGroups
        onReady={(event) => setApi(event.api)}
      />
    </div>
  );
}
