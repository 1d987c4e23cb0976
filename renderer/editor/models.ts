import type { Bench } from '../state/bench.ts';
import type { ScriptDocument } from '../state/document.ts';
import { findDocument } from '../state/documents.ts';
import { editDocument } from '../state/edit-document.ts';
import { monaco } from './monaco.ts';

/** Address of a document's model. Its name is last, so that messages show it. */
const uriOf = ({ id, name }: ScriptDocument): monaco.Uri =>
  monaco.Uri.from({ scheme: 'file', path: `/scripts/${encodeURIComponent(id)}/${name.replace(/\.ts$/, '')}.ts` });

const models = new Map<string, monaco.editor.ITextModel>();

/** The text model of a document: made once, told of every change from outside, gone when the document is closed. */
export function modelOf(bench: Bench, document: ScriptDocument): monaco.editor.ITextModel {
  const { id } = document;
  const known = models.get(id);
  if (known !== undefined && !known.isDisposed()) return known;
  const model = monaco.editor.createModel(document.text, 'typescript', uriOf(document));
  models.set(id, model);
  const typed = model.onDidChangeContent(() => editDocument(bench, id, model.getValue()));
  const stop = bench.documents.subscribe((state, before) => {
    if (state.open === before.open) return;
    const now = findDocument(state, id);
    if (now === null) {
      stop();
      typed.dispose();
      model.dispose();
      models.delete(id);
    } else if (now.text !== findDocument(before, id)?.text && now.text !== model.getValue()) {
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text: now.text }], () => null);
    }
  });
  return model;
}
