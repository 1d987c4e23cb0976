import * as v from 'valibot';

/** Where the browser keeps what the lab could not take; the window and the draft's key follow. */
const PREFIX = 'exitlab.draft:';

const pageDraft = v.object({
  key: v.string(),
  path: v.nullable(v.string()),
  name: v.string(),
  text: v.string(),
  base: v.nullable(v.number()),
  by: v.string(),
  seen: v.nullable(v.string()),
});
/** An unsaved text that the lab did not get, in the storage of the page. */
export type PageDraft = v.InferOutput<typeof pageDraft>;

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
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), pageDraft), page?.getItem(place));
    return read.success ? [read.output] : [];
  });
}
