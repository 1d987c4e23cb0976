import type { LabReply } from '../../host/contract/lab.ts';
import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { newDocument } from './documents.ts';
import type { ScriptDocument } from './document.ts';
import { checkDocument } from './edit-document.ts';
import { sentenceOf } from './failure.ts';
import { newMatrix, readMatrix } from './matrix.ts';
import type { Pair } from './matrices.ts';
import { restoredRun } from './run.ts';
import { addRun } from './runs.ts';
import { readSettings } from './settings.ts';
import { TEMPLATE } from './template.ts';
import { WORKSPACE_SCHEMA } from './workspace.ts';

type Draft = LabReply<'drafts.get'>['drafts'][number];
type Entry = Pick<ScriptDocument, 'id' | 'name' | 'path' | 'scenario'>;

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Brings back settings, editors with their drafts, matrices and the last results. Returns the saved layout. Says what could not be read. */
export async function restoreWorkspace(bench: Bench): Promise<unknown> {
  const say = (sentence: string): void => announce(bench.announcer, sentence, 'error');
  const [kept, drafted] = await Promise.all([
    bench.lab.call('workspace.get', {}).catch((error: unknown) => {
      say(sentenceOf(error));
      return { state: null, lastRun: null, problems: [] };
    }),
    bench.lab.call('drafts.get', {}).catch((error: unknown) => {
      say(sentenceOf(error));
      return { drafts: [] as Draft[], problems: [] };
    }),
  ]);
  for (const problem of [...kept.problems, ...drafted.problems]) say(problem);
  const known = kept.state === null || object(kept.state)['schema'] === WORKSPACE_SCHEMA;
  if (!known) say(en.layout.unknownState);
  const state = known ? object(kept.state) : {};
  bench.settings.setState(readSettings(state['settings']));
  await restoreDocuments(bench, state, drafted.drafts);
  restoreMatrices(bench, state);
  const owner = object(state['run']);
  if (kept.lastRun !== null) {
    const same = owner['runId'] === kept.lastRun.runId;
    addRun(bench.runs, restoredRun(kept.lastRun, same ? text(owner['documentId']) : null));
  }
  return state['layout'] ?? null;
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
  const keys = entries.map(({ id, path }) => path ?? id);
  const orphans = drafts.filter(({ key }) => !keys.includes(key));
  const all = [...entries, ...orphans.map(entryOfDraft)];
  const opened = await Promise.all(
    all.map((entry) => reopen(bench, entry, drafts.find(({ key }) => key === (entry.path ?? entry.id)) ?? null)),
  );
  const open = opened.filter((document) => document !== null);
  const active = open.find(({ id }) => id === state['active'])?.id ?? open.at(-1)?.id ?? null;
  bench.documents.setState({ open, active });
  for (const { id } of open) void checkDocument(bench, id);
}

function readEntry(saved: unknown): Entry | null {
  const { id, name, path, scenario } = object(saved);
  if (typeof id !== 'string' || typeof name !== 'string') return null;
  return { id, name, path: text(path), scenario: text(scenario) };
}

const entryOfDraft = ({ key, path, name }: Draft): Entry => ({
  id: path === null ? key : `file:${path}`,
  name,
  path,
  scenario: /^gallery:([^:]+)/.exec(key)?.[1] ?? null,
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
