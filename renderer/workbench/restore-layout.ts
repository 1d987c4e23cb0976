import type { DockviewApi, SerializedDockview } from 'dockview-react';
import { buildDefaultLayout } from './default-layout.ts';
import { PANES } from './pane-list.ts';

/** Puts a saved layout on the screen. False when it could not be read: the default one is there instead. */
export function restoreLayout(api: DockviewApi, saved: unknown, documents: readonly string[]): boolean {
  if (saved === null || saved === undefined) {
    buildDefaultLayout(api);
    return true;
  }
  try {
    if (!looksLikeLayout(saved)) throw new Error('not a layout');
    api.fromJSON(saved);
    for (const panel of api.panels) if (!isKnown(panel.id, documents)) api.removePanel(panel);
    if (api.panels.length === 0) throw new Error('an empty layout');
    return true;
  } catch {
    buildDefaultLayout(api);
    return false;
  }
}

const isKnown = (id: string, documents: readonly string[]): boolean =>
  id.startsWith('editor:') ? documents.includes(id.slice('editor:'.length)) : PANES.some((pane) => pane.id === id);

/** The outline of what dockview writes; what is inside it checks itself. Every panel must be of a kind that exists. */
function looksLikeLayout(saved: unknown): saved is SerializedDockview {
  if (typeof saved !== 'object' || saved === null) return false;
  const { grid, panels } = saved as Record<string, unknown>;
  if (typeof grid !== 'object' || grid === null || typeof panels !== 'object' || panels === null) return false;
  return Object.values(panels).every((panel: unknown) => {
    if (typeof panel !== 'object' || panel === null) return false;
    const component = (panel as Record<string, unknown>)['contentComponent'];
    return component === 'editor' || PANES.some(({ id }) => id === component);
  });
}
