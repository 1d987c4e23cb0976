import type { monaco } from './monaco.ts';

const editors = new Map<string, monaco.editor.ICodeEditor>();

/** Makes an editor reachable by its document. Returns the undo. */
export function registerEditor(document: string, editor: monaco.editor.ICodeEditor): () => void {
  editors.set(document, editor);
  return () => {
    if (editors.get(document) === editor) editors.delete(document);
  };
}

/** Runs one of the editor's own actions, e.g. `actions.find`. */
export function runEditorAction(document: string | null, action: string): void {
  const editor = document === null ? undefined : editors.get(document);
  if (editor === undefined) return;
  editor.focus();
  editor.trigger('menu', action, null);
}
