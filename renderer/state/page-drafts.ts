import type { Draft } from '../../host/contract/lab.ts';

/** Where the browser keeps what the lab could not take; the window and the draft's key follow. */
const PREFIX = 'exitlab.draft:';

/** An unsaved text that the lab did not get, in the storage of the page. */
export interface PageDraft extends Draft {
  readonly by: string;
  readonly seen: string | null;
}

const storage = (): Storage | undefined => globalThis.window?.localStorage;
const placeOf = ({ by, key }: Pick<PageDraft, 'by' | 'key'>): string => `${PREFIX}${by}:${key}`;

/** Keeps a text at once, before the page can go. False when the browser has no room or no right for it. */
export function storePageDraft(draft: PageDraft): boolean {
  try {
    storage()?.setItem(placeOf(draft), JSON.stringify(draft));
    return storage() !== undefined;
  } catch {
    return false;
  }
}

export const forgetPageDraft = (draft: Pick<PageDraft, 'by' | 'key'>): void => storage()?.removeItem(placeOf(draft));

/** What is there, of every window of this browser; what cannot be read is left alone. */
export function readPageDrafts(): PageDraft[] {
  const page = storage();
  return Object.keys(page ?? {}).flatMap((place) => {
    if (!place.startsWith(PREFIX)) return [];
    const draft = read(page?.getItem(place) ?? '');
    return draft === null ? [] : [draft];
  });
}

function read(kept: string): PageDraft | null {
  let input: unknown;
  try {
    input = JSON.parse(kept);
  } catch {
    return null;
  }
  if (typeof input !== 'object' || input === null) return null;
  const {
    key,
    path = null,
    name,
    text,
    base = null,
    by,
    seen = null,
  } = input as Partial<Record<keyof PageDraft, unknown>>;
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (!isText(key) || !isText(name) || !isText(text) || !isText(by)) return null;
  const stamp = typeof base === 'number' ? base : null;
  return { key, path: isText(path) ? path : null, name, text, base: stamp, by, seen: isText(seen) ? seen : null };
}
