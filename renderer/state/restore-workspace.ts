import type { LabReply } from '../../host/contract/lab.ts';
import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { newDocument } from './documents.ts';
import { draftKey, type ScriptDocument } from './document.ts';
import { keepDraft } from './drafts.ts';
import { checkDocument } from './edit-document.ts';
import { sentenceOf } from './failure.ts';
import { newMatrix, readMatrix } from './matrix.ts';
import type { Pair } from './matrices.ts';
import { forgetPageDraft, readPageDrafts, type PageDraft } from './page-drafts.ts';
import { restoredRun } from './run.ts';
import { addRun } from './runs.ts';
import { readSettings } from './settings.ts';
import { catchUp } from './start-run.ts';
import { TEMPLATE } from './template.ts';
import { WORKSPACE_SCHEMA } from './workspace.ts';

/** A draft; `version` is null for one that the lab does not hold. */
type Draft = Omit<LabReply<'drafts.get'>['drafts'][number], 'version'> & { readonly version: string | null };
type Entry = Pick<ScriptDocument, 'id' | 'name' | 'path' | 'scenario' | 'draft'>;

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Brings back settings, editors with their drafts, matrices and the last results. Returns the saved layout. Says what could not be read. */
export async function restoreWorkspace(bench: Bench): Promise<unknown> {
  const say = (sentence: string): void => announce(bench.announcer, sentence, 'error');
  const [kept, drafted] = await Promise.all([
    bench.lab.call('workspace.get', {}).catch((error: unknown) => {
      say(sentenceOf(error));
      return { state: null, lastRun: null, running: false, problems: [] };
    }),
    bench.lab.call('drafts.get', {}).catch((error: unknown) => {
      say(sentenceOf(error));
      return { drafts: [], problems: [] };
    }),
  ]);
  for (const problem of [...kept.problems, ...drafted.problems]) say(problem);
  const known = kept.state === null || object(kept.state)['schema'] === WORKSPACE_SCHEMA;
  if (!known) say(en.layout.unknownState);
  const state = known ? object(kept.state) : {};
  bench.settings.setState(readSettings(state['settings']));
  const { drafts, pending } = withPageDrafts(drafted.drafts, readPageDrafts());
  for (const { key, version } of drafted.drafts) bench.drafts.seen.set(key, version);
  await restoreDocuments(bench, state, drafts);
  for (const { key, name, page, beside } of pending) {
    if (beside) say(en.layout.fromPage(name));
    const document = bench.documents.getState().open.find((open) => draftKey(open) === key);
    if (document !== undefined) void keepDraft(bench, document.id).then(() => forgetIfHeld(bench, document.id, page));
  }
  restoreMatrices(bench, state);
  const owner = object(state['run']);
  if (kept.lastRun !== null) {
    const same = owner['runId'] === kept.lastRun.runId;
    const { text: ran } = kept.lastRun.script;
    const alike = bench.documents.getState().open.find((document) => document.text === ran)?.id ?? null;
    const run = restoredRun(kept.lastRun, same ? text(owner['documentId']) : alike);
    addRun(bench.runs, kept.running ? { ...run, state: 'running' } : run);
    // Events that came between the answer and now found no run to belong to.
    if (kept.running) await catchUp(bench);
  }
  return state['layout'] ?? null;
}

/** A text of the page that the lab is to get. */
interface Pending {
  readonly key: string;
  readonly name: string;
  readonly page: PageDraft;
  /** True when the lab has another text under that key, and both are opened. */
  readonly beside: boolean;
}

/** The lab's drafts with what this browser kept while the lab was away: instead of an older text, beside a text of another window. */
function withPageDrafts(kept: readonly Draft[], pages: readonly PageDraft[]): { drafts: Draft[]; pending: Pending[] } {
  const drafts = [...kept];
  const pending: Pending[] = [];
  for (const page of pages) {
    const { path, name, text: typed, base } = page;
    const at = drafts.findIndex((draft) => draft.key === page.key);
    const there = drafts[at];
    const beside = there !== undefined && there.text !== typed && there.version !== page.seen;
    const key = beside ? `${page.key} (${page.by.slice(0, 8)})` : page.key;
    const draft = { key, path, name, text: typed, base, version: null };
    if (there === undefined || beside) drafts.push(draft);
    else if (there.text !== typed) drafts[at] = draft;
    pending.push({ key, name, page, beside });
  }
  return { drafts, pending };
}

function forgetIfHeld({ documents, drafts }: Bench, id: string, page: PageDraft): void {
  const isOpen = documents.getState().open.some((document) => document.id === id);
  if (!isOpen || drafts.held.get(id) === page.text) forgetPageDraft(page);
}

function restoreMatrices(bench: Bench, state: Record<string, unknown>): void {
  const saved = object(state['matrices']);
  const { open } = bench.documents.getState();
  const { scenarios } = bench.gallery.getState();
  const matrices = open.map(({ id, scenario }) => {
    const selection = scenarios.find((candidate) => candidate.id === scenario)?.selection;
    return [id, id in saved ? readMatrix(saved[id]) : newMatrix(selection)] as const;
  });
  const pairs = Object.entries(object(state['pairs'])).map(([id, pair]): [string, Pair] => {
    const { a, b } = object(pair);
    return [id, { a: text(a), b: text(b) }];
  });
  bench.matrices.setState({ matrices: Object.fromEntries(matrices), pairs: Object.fromEntries(pairs) });
}

/** Opens what was open, and every draft that has no editor: it was written just before a crash. */
async function restoreDocuments(bench: Bench, state: Record<string, unknown>, drafts: readonly Draft[]): Promise<void> {
  const list = Array.isArray(state['documents']) ? state['documents'] : [];
  const entries = list.map(readEntry).filter((entry) => entry !== null);
  const keys = entries.map(draftKey);
  const orphans = drafts.filter(({ key }) => !keys.includes(key));
  const ids = entries.map(({ id }) => id);
  const all = [...entries, ...orphans.map((draft) => apartFrom(ids, entryOfDraft(draft)))];
  const opened = await Promise.all(
    all.map((entry) => reopen(bench, entry, drafts.find(({ key }) => key === draftKey(entry)) ?? null)),
  );
  const open = opened.filter((document) => document !== null);
  const active = open.find(({ id }) => id === state['active'])?.id ?? open.at(-1)?.id ?? null;
  bench.documents.setState({ open, active });
  for (const document of open) {
    const draft = drafts.find(({ key }) => key === draftKey(document));
    if (draft !== undefined && draft.version !== null) bench.drafts.held.set(document.id, draft.text);
    void checkDocument(bench, document.id);
  }
}

function readEntry(saved: unknown): Entry | null {
  const { id, name, path, scenario, draft } = object(saved);
  if (typeof id !== 'string' || typeof name !== 'string') return null;
  return { id, name, path: text(path), scenario: text(scenario), draft: text(draft) };
}

/** Another window's draft of a text that is open here has an editor of its own. */
const apartFrom = (ids: readonly string[], entry: Entry): Entry =>
  ids.includes(entry.id) ? { ...entry, id: `${entry.id} (other window)`, draft: draftKey(entry) } : entry;

const entryOfDraft = ({ key, path, name }: Draft): Entry => ({
  id: path === key ? `file:${path}` : key,
  name,
  path,
  scenario: /^gallery:([^: ]+)/.exec(key)?.[1] ?? null,
  draft: path === null || path === key ? null : key,
});

/** One editor: its file or scenario as it is now, and the draft on top. Null when nothing is left of it. */
async function reopen(bench: Bench, entry: Entry, draft: Draft | null): Promise<ScriptDocument | null> {
  const { path, scenario } = entry;
  if (path === null) {
    const original = bench.gallery.getState().scenarios.find(({ id }) => id === scenario)?.text ?? TEMPLATE;
    const now = draft?.text ?? original;
    return newDocument({ ...entry, text: now, saved: original });
  }
  try {
    const file = await bench.lab.call('files.open', { path });
    if (file === null) return null;
    if (draft === null) return newDocument({ ...entry, text: file.text, base: file.modified });
    if (draft.base !== null && draft.base !== file.modified)
      announce(bench.announcer, en.layout.changedOutside(entry.name), 'error');
    return newDocument({ ...entry, text: draft.text, saved: file.text, base: draft.base ?? file.modified });
  } catch (error) {
    announce(bench.announcer, en.layout.gone(entry.name, sentenceOf(error)), 'error');
    return draft === null ? null : newDocument({ ...entry, text: draft.text, saved: '', base: draft.base });
  }
}
