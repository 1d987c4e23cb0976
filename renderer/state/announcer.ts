import { createStore, type StoreApi } from 'zustand/vanilla';

/** A sentence for the status bar and for screen readers. */
export interface Announcement {
  /** Counts up, so that the same sentence twice is announced twice. */
  readonly id: number;
  readonly text: string;
  readonly level: 'info' | 'error';
}

export interface Announcements {
  readonly last: Announcement | null;
  /** What was said, oldest first, the last one included. */
  readonly said: readonly Announcement[];
}

export type AnnouncerStore = StoreApi<Announcements>;

/** Sentences kept. */
const MOST_SAID = 200;

export const createAnnouncer = (): AnnouncerStore => createStore<Announcements>(() => ({ last: null, said: [] }));

/** Says a sentence: politely, or at once when something went wrong. */
export function announce(store: AnnouncerStore, text: string, level: Announcement['level'] = 'info'): void {
  store.setState(({ last, said }) => {
    const now = { id: (last?.id ?? 0) + 1, text, level };
    return { last: now, said: [...said, now].slice(-MOST_SAID) };
  });
}
