import type { IDockviewPanelHeaderProps } from 'dockview-react';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { closeDocument } from '../state/close-document.ts';
import { isDirty } from '../state/document.ts';
import { findDocument } from '../state/documents.ts';
import { en } from '../text/en.ts';

/** Id of the panel that edits a document, and back; null for a panel that is no editor. */
export const editorPanel = (document: string): string => `editor:${document}`;
export const documentOfPanel = (panel: string): string | null =>
  panel.startsWith('editor:') ? panel.slice('editor:'.length) : null;

/**
 * A tab without a button inside: a tab may hold nothing that takes the focus. The cross is for the mouse; with the keyboard Delete
 * closes the tab.
 */
export function Tab({ api }: IDockviewPanelHeaderProps) {
  const bench = useBench();
  const id = documentOfPanel(api.id);
  const document = useStore(bench.documents, (state) => findDocument(state, id));
  const close = (): void => {
    if (id === null) api.close();
    else void closeDocument(bench, id);
  };
  return (
    <div
      className="tab"
      onAuxClick={(event) => {
        if (event.button === 1) close();
      }}
    >
      <span>{document?.name ?? api.title}</span>
      {document !== null && isDirty(document) && <span className="dirty">●</span>}
      <span
        className="tab-close"
        aria-hidden="true"
        title={en.panes.closeTab}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={close}
      >
        ×
      </span>
    </div>
  );
}
