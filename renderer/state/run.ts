import type { Configuration } from '../../core/index.ts';
import type { LabEventOf, Outcome, RunFailure, RunOptions, ScriptText, StoredRun } from '../../host/contract/lab.ts';
import { configurationKey } from './configuration-key.ts';

/** One configuration of a run. */
export interface RunEntry {
  readonly configuration: Configuration;
  /** What it is, without its name: the same in two runs of the same configuration. */
  readonly key: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Accesses carried out so far. */
  readonly accesses: number;
  readonly elapsedMs: number;
  readonly outcome: Outcome | null;
  readonly failure: RunFailure | null;
  /** Lines of console.log, the last ones. */
  readonly messages: readonly string[];
}

/** One press of Run: a script on some configurations. */
export interface BenchRun {
  readonly runId: string;
  /** The editor it was started from; null when that is not known. */
  readonly documentId: string | null;
  readonly script: ScriptText;
  readonly options: RunOptions;
  readonly entries: readonly RunEntry[];
  readonly state: 'running' | 'done' | 'cancelled';
  readonly elapsedMs: number;
  /** True for one that came back after a restart or out of a file. */
  readonly restored: boolean;
  /** What must be known of it before it is believed. */
  readonly notes?: readonly string[];
}

/** How many configurations of a run have ended: changes when there is something new to show, unlike progress. */
export const endedOf = (run: BenchRun | null): number =>
  run === null ? 0 : run.entries.filter(({ state }) => state === 'done' || state === 'failed').length;

/** True when a run shows something that it did not show before; progress alone is no news. */
export const hasNews = (now: BenchRun | null, before: BenchRun | null): boolean =>
  now?.runId !== before?.runId || endedOf(now) !== endedOf(before);

/** True when a text is the one that was run: what a run says of lines is about no other. */
export const isOf = (run: BenchRun, text: string): boolean => run.script.text === text;

/** Messages kept of one configuration. */
const MOST_MESSAGES = 200;

export const newEntry = (configuration: Configuration): RunEntry => ({
  configuration,
  key: configurationKey(configuration),
  state: 'waiting',
  accesses: 0,
  elapsedMs: 0,
  outcome: null,
  failure: null,
  messages: [],
});

/** A run that was stored: by the lab after the last start, or in a result file. */
export function restoredRun(stored: StoredRun, documentId: string | null): BenchRun {
  const entries = stored.configurations.map((configuration, index) => {
    const outcome = stored.outcomes[index] ?? null;
    const entry = newEntry(configuration);
    if (outcome === null) return entry;
    return 'result' in outcome ? withOutcome(entry, outcome) : withFailure(entry, outcome);
  });
  const { runId, script, options } = stored;
  const state = stored.outcomes.some((outcome) => outcome === null) ? 'cancelled' : 'done';
  return { runId, documentId, script, options, entries, state, elapsedMs: 0, restored: true };
}

export const withProgress = (entry: RunEntry, event: LabEventOf<'run.progress'>): RunEntry =>
  entry.state === 'done' || entry.state === 'failed'
    ? entry
    : { ...entry, state: 'running', accesses: event.accesses, elapsedMs: event.elapsedMs };

export const withOutcome = (entry: RunEntry, { result, firsts, lines, events, cached }: Outcome): RunEntry => ({
  ...entry,
  state: 'done',
  accesses: result.accesses,
  outcome: { result, firsts, lines, events, cached },
});

export const withFailure = (entry: RunEntry, { kind, message, line, column }: RunFailure): RunEntry => ({
  ...entry,
  state: 'failed',
  failure: { kind, message, line, column },
});

export const withMessage = (entry: RunEntry, text: string): RunEntry => ({
  ...entry,
  messages: [...entry.messages, text].slice(-MOST_MESSAGES),
});
