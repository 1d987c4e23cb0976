import { createStore, type StoreApi } from 'zustand/vanilla';
import type { InspectTarget } from './result-pane.ts';
import type { BenchRun } from './run.ts';

/** What the docked panes can be asked, without knowing the library that docks them. */
export interface Dock {
  /** Brings a pane to the front, opens it where it was closed, and puts the focus into it. */
  show(pane: string): void;
  close(pane: string): void;
  isOpen(pane: string): boolean;
  /** Moves the focus to the next (1) or previous (-1) group of panes. */
  cycle(direction: 1 | -1): void;
  /** Shows the next (1) or previous (-1) pane of the group in focus. */
  cycleTab(direction: 1 | -1): void;
  /** Gives the group in focus the whole window, or takes it back. */
  toggleMaximized(): void;
  /** Makes the group in focus larger (1) or smaller (-1). */
  resize(direction: 1 | -1): void;
  /** Moves the pane in focus into a group of its own on a side of its group. */
  split(side: 'right' | 'below'): void;
  /** Moves the pane in focus into the next group. */
  moveToNextGroup(): void;
  /** Throws the layout away. */
  reset(): void;
  /** The layout as plain JSON. */
  save(): unknown;
}

/** Asks for the focus in the editor of a document, and for the cursor on a place (from 1) unless it may stay where it is. */
export interface FocusRequest {
  readonly document: string;
  readonly place: { readonly line: number; readonly column: number } | null;
}

export interface View {
  readonly theme: 'light' | 'dark';
  readonly dock: Dock | null;
  /** The run that the result panes show; changes when there is something new in it. */
  readonly run: BenchRun | null;
  /** The access that the inspect pane is at. */
  readonly target: InspectTarget | null;
  readonly paletteOpen: boolean;
  /** The list of what was said. */
  readonly messagesOpen: boolean;
  /** False while the lab does not answer. */
  readonly connected: boolean;
  /** An editor that wants the focus; the editor takes the request away. */
  readonly goTo: FocusRequest | null;
}

export type ViewStore = StoreApi<View>;

export const createView = (): ViewStore =>
  createStore<View>(() => ({
    theme: 'light',
    dock: null,
    run: null,
    target: null,
    paletteOpen: false,
    messagesOpen: false,
    connected: true,
    goTo: null,
  }));

/** Asks the editor of a document to take the focus, with the cursor on a place (from 1). */
export function requestPlace(store: ViewStore, document: string, line: number, column = 1): void {
  store.setState({ goTo: { document, place: { line, column } } });
}

/** Asks the editor of a document to take the focus. */
export const requestFocus = (store: ViewStore, document: string): void =>
  store.setState({ goTo: { document, place: null } });
