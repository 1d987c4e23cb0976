import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { draftKey, isDirty, type ScriptDocument } from './document.ts';
import { changeDocument, findDocument } from './documents.ts';
import { failureOf } from './failure.ts';
import { forgetPageDraft, storePageDraft, type PageDraft } from './page-drafts.ts';
import { lengthProblem } from './script-length.ts';
import { windowId } from './window-id.ts';

/** What this window knows of the drafts that the lab keeps. */
export interface DraftBook {
  /** This window's name. */
  readonly by: string;
  /** Version of the draft that was read or written last, by its key. */
  readonly seen: Map<string, string | null>;
  /** Text that the lab holds, by document. */
  readonly held: Map<string, string>;
  /** What is under way, by document: one after the other. */
  readonly queues: Map<string, Promise<void>>;
}

export const createDraftBook = (): DraftBook => ({
  by: windowId(),
  seen: new Map(),
  held: new Map(),
  queues: new Map(),
});

/** Hands the text to the lab to be kept; a text equal to its file's is forgotten. */
export const keepDraft = (bench: Bench, id: string): Promise<void> =>
  inTurn(bench, id, async () => {
    const document = findDocument(bench.documents.getState(), id);
    // A text that is too long for a draft is told of by its check; the one before it stays.
    if (document === null || lengthProblem(document) !== null) return;
    await put(bench, document, isDirty(document) ? document.text : null);
  });

/** Forgets the draft of a document that was saved or is given up. */
export const forgetDraft = (bench: Bench, document: ScriptDocument): Promise<void> =>
  inTurn(bench, document.id, () => put(bench, document, null));

/** Open texts that are in no file, and that the lab does not hold either. */
export const unheld = ({ documents, drafts }: Bench): ScriptDocument[] =>
  documents.getState().open.filter((document) => isDirty(document) && drafts.held.get(document.id) !== document.text);

/** Keeps what the lab does not hold in the page itself. True when all of it has a place. */
export const storeUnheld = (bench: Bench): boolean =>
  unheld(bench)
    .map((document) => storePageDraft(pageDraftOf(bench, document)))
    .every((stored) => stored);

const pageDraftOf = ({ drafts: { by, seen } }: Bench, document: ScriptDocument): PageDraft => {
  const { path, name, text, base } = document;
  const key = draftKey(document);
  return { key, path, name, text, base, by, seen: seen.get(key) ?? null };
};

function inTurn({ drafts: { queues } }: Bench, id: string, work: () => Promise<void>): Promise<void> {
  const done = (queues.get(id) ?? Promise.resolve()).then(work);
  queues.set(id, done);
  return done;
}

async function put(bench: Bench, document: ScriptDocument, text: string | null): Promise<void> {
  const { by, seen, held } = bench.drafts;
  const { id, path, name, base } = document;
  const key = draftKey(document);
  try {
    const draft = { key, path, name, text, base, by, seen: seen.get(key) ?? null };
    const { version } = await bench.lab.call('drafts.put', draft);
    seen.set(key, version);
    if (text === null) held.delete(id);
    else held.set(id, text);
    forgetPageDraft({ by, key });
  } catch (error) {
    const { code, message } = failureOf(error);
    // What another window keeps is not this one's to forget.
    if (code === 'changed') return text === null ? forgetPageDraft({ by, key }) : keepApart(bench, document, text);
    const stored = text !== null && storePageDraft(pageDraftOf(bench, { ...document, text }));
    if (code !== 'unreachable' || !stored) announce(bench.announcer, `${name}: ${message}`, 'error');
  }
}

/** Another window has typed into the same text: this one's gets a draft of its own. */
async function keepApart(bench: Bench, document: ScriptDocument, text: string): Promise<void> {
  const { by } = bench.drafts;
  const draft = `${document.path ?? document.id} (${by.slice(0, 8)})`;
  if (document.draft === draft) return;
  changeDocument(bench.documents, document.id, { draft });
  announce(bench.announcer, en.layout.otherWindow(document.name), 'error');
  await put(bench, { ...document, draft }, text);
}
