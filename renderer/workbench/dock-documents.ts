import type { DockviewApi } from 'dockview-react';
import type { Bench } from '../state/bench.ts';
import { isDirty, type ScriptDocument } from '../state/document.ts';
import { en } from '../text/en.ts';
import { positionOf } from './default-layout.ts';
import { documentOfPanel, editorPanel } from './tab.tsx';

const titleOf = (document: ScriptDocument): string =>
  isDirty(document) ? `${document.name}, ${en.panes.unsaved}` : document.name;

/** Keeps editor panes and open documents the same, in both directions. Returns the undo. */
export function followDocuments(bench: Bench, api: DockviewApi): () => void {
  const sync = (): void => {
    const { open, active } = bench.documents.getState();
    for (const document of open) {
      const id = editorPanel(document.id);
      const title = titleOf(document);
      const panel = api.getPanel(id);
      if (panel === undefined) {
        api.addPanel({ id, component: 'editor', title, inactive: document.id !== active, ...positionOf(api, id) });
        const welcome = api.getPanel('welcome');
        if (welcome !== undefined) api.removePanel(welcome);
      } else if (panel.title !== title) panel.api.setTitle(title);
    }
    for (const panel of api.panels) {
      const id = documentOfPanel(panel.id);
      if (id !== null && !open.some((document) => document.id === id)) closeEditor(api, panel.id);
    }
  };
  const follow = (): void => {
    const { active } = bench.documents.getState();
    if (active !== null) api.getPanel(editorPanel(active))?.api.setActive();
  };
  sync();
  const unsubscribe = bench.documents.subscribe((state, before) => {
    if (state.open !== before.open) sync();
    if (state.active !== before.active) follow();
  });
  const panels = api.onDidActivePanelChange(({ panel }) => {
    const id = panel === undefined ? null : documentOfPanel(panel.id);
    if (id !== null && id !== bench.documents.getState().active) bench.documents.setState({ active: id });
  });
  return () => {
    unsubscribe();
    panels.dispose();
  };
}

/** Takes an editor's pane away; the last one leaves the welcome in its place, so that the centre stays. */
function closeEditor(api: DockviewApi, id: string): void {
  const last = api.panels.filter((panel) => documentOfPanel(panel.id) !== null).length === 1;
  if (last && api.getPanel('welcome') === undefined) {
    api.addPanel({
      id: 'welcome',
      component: 'welcome',
      title: en.panes.welcome,
      position: { referencePanel: id, direction: 'within' },
    });
  }
  const panel = api.getPanel(id);
  if (panel !== undefined) api.removePanel(panel);
}
