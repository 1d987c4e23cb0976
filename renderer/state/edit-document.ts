import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { debounce, type Debounced } from './debounce.ts';
import { lengthProblem } from './script-length.ts';
import { changeDocument, findDocument, recordCheck } from './documents.ts';
import { keepDraft } from './drafts.ts';
import { sentenceOf } from './failure.ts';

/** Milliseconds of quiet before a text is kept as a draft; while the user types on, it is kept every so many. */
const DRAFT_AFTER = 300;
const DRAFT_EVERY = 700;
/** Milliseconds of quiet before a text is checked. */
const CHECK_AFTER = 350;

interface Waiting {
  readonly draft: Debounced<[]>;
  readonly check: Debounced<[]>;
}

const waitingOf = new WeakMap<Bench, Map<string, Waiting>>();

function waiting(bench: Bench, id: string): Waiting {
  const all = waitingOf.get(bench) ?? new Map<string, Waiting>();
  waitingOf.set(bench, all);
  const found = all.get(id);
  if (found !== undefined) return found;
  const made = {
    draft: debounce(DRAFT_AFTER, () => void keepDraft(bench, id), DRAFT_EVERY),
    check: debounce(CHECK_AFTER, () => void checkDocument(bench, id)),
  };
  all.set(id, made);
  return made;
}

/** The user typed: the text is kept as a draft and checked, both after a short pause. */
export function editDocument(bench: Bench, id: string, text: string): void {
  if (findDocument(bench.documents.getState(), id)?.text === text) return;
  changeDocument(bench.documents, id, { text });
  waiting(bench, id).draft();
  waiting(bench, id).check();
}

/** Keeps the drafts that still wait, e.g. because the window is about to go. */
export function flushDrafts(bench: Bench): void {
  for (const { draft } of waitingOf.get(bench)?.values() ?? []) draft.flush();
}

/** Stops what waits for a document that is closed. */
export function forgetWaiting(bench: Bench, id: string): void {
  const all = waitingOf.get(bench);
  all?.get(id)?.draft.cancel();
  all?.get(id)?.check.cancel();
  all?.delete(id);
}

/** Asks the lab what is wrong with the text. */
export async function checkDocument(bench: Bench, id: string): Promise<void> {
  const document = findDocument(bench.documents.getState(), id);
  if (document === null || document.checkedText === document.text) return;
  const { name, text } = document;
  const tooLong = lengthProblem(document);
  if (tooLong !== null) {
    const diagnostics = [{ line: 0, column: 0, severity: 'error' as const, message: tooLong }];
    recordCheck(bench.documents, id, text, { diagnostics, scenario: null });
    return announce(bench.announcer, tooLong, 'error');
  }
  try {
    const reply = await bench.lab.call('check', { name, text });
    recordCheck(bench.documents, id, text, reply);
  } catch (error) {
    announce(bench.announcer, `${name}: ${sentenceOf(error)}`, 'error');
  }
}
