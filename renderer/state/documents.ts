import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CheckReply, ScriptDocument } from './document.ts';

export interface DocumentsState {
  /** In the order they were opened. */
  readonly open: readonly ScriptDocument[];
  /** The one that commands act on; null when none is open. */
  readonly active: string | null;
}

export type DocumentsStore = StoreApi<DocumentsState>;

export const createDocuments = (): DocumentsStore => createStore<DocumentsState>(() => ({ open: [], active: null }));

export const findDocument = (state: DocumentsState, id: string | null): ScriptDocument | null =>
  state.open.find((document) => document.id === id) ?? null;

export const activeDocument = (state: DocumentsState): ScriptDocument | null => findDocument(state, state.active);

/** Changes one document; the others keep their identity. */
export function changeDocument(store: DocumentsStore, id: string, change: Partial<ScriptDocument>): void {
  store.setState(({ open }) => ({
    open: open.map((document) => (document.id === id ? { ...document, ...change } : document)),
  }));
}

/** Adds a document and makes it the active one. */
export function addDocument(store: DocumentsStore, document: ScriptDocument): void {
  store.setState(({ open }) => ({ open: [...open, document], active: document.id }));
}

/** Takes a document out; its neighbour becomes the active one. */
export function removeDocument(store: DocumentsStore, id: string): void {
  store.setState(({ open, active }) => {
    const index = open.findIndex((document) => document.id === id);
    const rest = open.filter((document) => document.id !== id);
    return { open: rest, active: active === id ? ((rest[index] ?? rest.at(-1))?.id ?? null) : active };
  });
}

/**
 * Records what the lab said about a text. An answer to an older text is kept with that text, so that nobody takes it for the newest, and
 * never takes the place of one about the text as it is.
 */
export function recordCheck(store: DocumentsStore, id: string, text: string, check: CheckReply): void {
  const document = findDocument(store.getState(), id);
  if (document === null || (document.checkedText === document.text && text !== document.text)) return;
  changeDocument(store, id, { check, checkedText: text });
}

/** A document nobody has seen yet. */
export const newDocument = (
  given: Pick<ScriptDocument, 'id' | 'name' | 'text'> & Partial<ScriptDocument>,
): ScriptDocument => ({
  path: null,
  scenario: null,
  saved: given.text,
  base: null,
  draft: null,
  check: null,
  checkedText: null,
  ...given,
});
