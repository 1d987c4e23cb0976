import { createStore, type StoreApi } from 'zustand/vanilla';
import type { LabEvent, StoredRun } from '../../host/contract/lab.ts';
import {
  restoredRun,
  withFailure,
  withMessage,
  withOutcome,
  withProgress,
  type BenchRun,
  type RunEntry,
} from './run.ts';

/** Runs of this session, by id. The only input of every result pane. */
export interface RunsState {
  readonly runs: Readonly<Record<string, BenchRun>>;
  /** Ids, oldest first. */
  readonly order: readonly string[];
  /** The run that the panes show. */
  readonly shown: string | null;
}

export type RunsStore = StoreApi<RunsState>;

/** Runs kept at a time: each may hold a million path steps. */
const MOST_RUNS = 6;

export const createRuns = (): RunsStore => createStore<RunsState>(() => ({ runs: {}, order: [], shown: null }));

export const shownRun = ({ runs, shown }: RunsState): BenchRun | null =>
  shown === null ? null : (runs[shown] ?? null);

/** The latest run of a document; null when it never ran. */
export function latestRunOf({ runs, order }: RunsState, documentId: string): BenchRun | null {
  const id = order.findLast((runId) => runs[runId]?.documentId === documentId);
  return id === undefined ? null : (runs[id] ?? null);
}

/** Shows the latest run of a document, if it has one. */
export function showRunOf(store: RunsStore, documentId: string | null): void {
  const run = documentId === null ? null : latestRunOf(store.getState(), documentId);
  if (run !== null) store.setState({ shown: run.runId });
}

/** The run that is going on; null when none is. */
export function runningRun({ runs, order }: RunsState): BenchRun | null {
  const id = order.findLast((runId) => runs[runId]?.state === 'running');
  return id === undefined ? null : (runs[id] ?? null);
}

/** Adds a run and shows it; the oldest ones go. */
export function addRun(store: RunsStore, run: BenchRun): void {
  store.setState((state) => {
    const order = [...state.order.filter((id) => id !== run.runId), run.runId].slice(-MOST_RUNS);
    const kept = Object.entries({ ...state.runs, [run.runId]: run }).filter(([id]) => order.includes(id));
    return { runs: Object.fromEntries(kept), order, shown: run.runId };
  });
}

/** The state after a row of events; events of a run that is not known change nothing. */
export function afterEvents(state: RunsState, events: readonly LabEvent[]): RunsState {
  const changed = new Map<string, { entries: RunEntry[]; run: BenchRun }>();
  for (const event of events) {
    if (!('runId' in event.data)) continue;
    const run = state.runs[event.data.runId];
    if (run === undefined) continue;
    const work = changed.get(run.runId) ?? { entries: [...run.entries], run };
    changed.set(run.runId, work);
    if (event.name === 'run.done') {
      work.run = {
        ...work.run,
        state: event.data.cancelled ? 'cancelled' : 'done',
        elapsedMs: event.data.elapsedMs,
      };
    } else if ('index' in event.data) {
      const entry = work.entries[event.data.index];
      if (entry !== undefined) work.entries[event.data.index] = entryAfter(entry, event);
    }
  }
  if (changed.size === 0) return state;
  const runs = { ...state.runs };
  for (const [id, { run, entries }] of changed) runs[id] = { ...run, entries };
  return { ...state, runs };
}

/** The state after the lab's answer to what came of a run: what has ended there has ended here, what goes on is left as it is. */
export function afterAnswer(state: RunsState, stored: StoredRun, running: boolean): RunsState {
  const known = state.runs[stored.runId];
  if (known === undefined) return state;
  const answered = restoredRun(stored, known.documentId);
  const entries = known.entries.map((entry, index) => {
    const there = answered.entries[index];
    return there === undefined || there.state === 'waiting' ? entry : { ...there, messages: entry.messages };
  });
  const run = { ...known, entries, state: running ? known.state : answered.state };
  return { ...state, runs: { ...state.runs, [run.runId]: run } };
}

function entryAfter(entry: RunEntry, event: LabEvent): RunEntry {
  switch (event.name) {
    case 'run.progress':
      return withProgress(entry, event.data);
    case 'run.message':
      return withMessage(entry, event.data.text);
    case 'run.result':
      return withOutcome(entry, event.data);
    case 'run.failed':
      return withFailure(entry, event.data);
    default:
      return entry;
  }
}
