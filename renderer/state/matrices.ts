import { createStore, type StoreApi } from 'zustand/vanilla';
import { newMatrix, type Matrix } from './matrix.ts';

/** Two configurations that are compared, by their keys; null for none chosen. */
export interface Pair {
  readonly a: string | null;
  readonly b: string | null;
}

export interface MatricesState {
  /** By document. */
  readonly matrices: Readonly<Record<string, Matrix>>;
  /** By document: the keys of the two configurations that are compared. */
  readonly pairs: Readonly<Record<string, Pair>>;
}

export type MatricesStore = StoreApi<MatricesState>;

export const createMatrices = (): MatricesStore => createStore<MatricesState>(() => ({ matrices: {}, pairs: {} }));

const FRESH = newMatrix();
const NO_PAIR: Pair = { a: null, b: null };

export const matrixOf = (state: MatricesState, documentId: string): Matrix => state.matrices[documentId] ?? FRESH;
export const pairOf = (state: MatricesState, documentId: string | null): Pair =>
  (documentId === null ? undefined : state.pairs[documentId]) ?? NO_PAIR;

export function setMatrix(store: MatricesStore, documentId: string, matrix: Matrix): void {
  store.setState(({ matrices }) => ({ matrices: { ...matrices, [documentId]: matrix } }));
}

export function setPair(store: MatricesStore, documentId: string, pair: Pair): void {
  store.setState(({ pairs }) => ({ pairs: { ...pairs, [documentId]: pair } }));
}

/** Forgets a document. */
export function dropMatrix(store: MatricesStore, documentId: string): void {
  const without = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(map).filter(([id]) => id !== documentId));
  store.setState(({ matrices, pairs }) => ({ matrices: without(matrices), pairs: without(pairs) }));
}
