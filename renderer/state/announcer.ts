import { createStore, type StoreApi } from 'zustand/vanilla';

/** A sentence for the status bar and for screen readers. */
export interface Announcement {
  /** Counts up, so that the same sentence twice is announced twice. */
  readonly id: number;
  readonly text: string;
  readonly level: 'info' | 'error';
}

export type AnnouncerStore = StoreApi<{ readonly last: Announcement | null }>;

export const createAnnouncer = (): AnnouncerStore => createStore(() => ({ last: null }));

/** Says a sentence: politely, or at once when something went wrong. */
export function announce(store: AnnouncerStore, text: string, level: Announcement['level'] = 'info'): void {
  store.setState(({ last }) => ({ last: { id: (last?.id ?? 0) + 1, text, level } }));
}
