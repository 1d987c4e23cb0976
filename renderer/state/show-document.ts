import type { Bench } from './bench.ts';
import type { ScriptDocument } from './document.ts';
import { addDocument } from './documents.ts';
import { checkDocument } from './edit-document.ts';
import { setMatrix } from './matrices.ts';
import { newMatrix } from './matrix.ts';
import { requestFocus, requestPlace } from './view.ts';

/** An id for a document that no open one has. */
export const freeId = (bench: Bench, wanted: string): string => {
  const taken = bench.documents.getState().open.map(({ id }) => id);
  let id = wanted;
  for (let n = 2; taken.includes(id); n++) id = `${wanted}:${n}`;
  return id;
};

/** Opens a document, with the configurations that its scenario asks for. */
export function showDocument(bench: Bench, document: ScriptDocument, selection: unknown = {}): void {
  addDocument(bench.documents, document);
  requestPlace(bench.view, document.id, 1);
  if (bench.matrices.getState().matrices[document.id] === undefined) {
    setMatrix(bench.matrices, document.id, newMatrix(selection));
  }
  void checkDocument(bench, document.id);
}

/** Brings an open document to the front, with the focus in its editor. */
export function goToDocument(bench: Bench, id: string): void {
  bench.documents.setState({ active: id });
  requestFocus(bench.view, id);
}
