import { en } from '../text/en.ts';
import type { LabEvent } from '../../host/contract/lab.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { activeDocument } from './documents.ts';
import { MOST_CONFIGURATIONS } from './expand-axes.ts';
import { failureOf } from './failure.ts';
import { matrixOf } from './matrices.ts';
import { rowsOf } from './matrix.ts';
import { newEntry, withFailure, type BenchRun } from './run.ts';
import { lengthProblem } from './script-length.ts';
import { addRun, afterAnswer, afterEvents, runningRun } from './runs.ts';

/** Milliseconds between two changes of the store while a run goes on. */
const EVERY = 100;

const newRunId = (): string => `run-${crypto.randomUUID()}`;

/** Runs the active script on the enabled configurations. What the lab ran before with the same input comes back at once. */
export async function startRun(bench: Bench): Promise<void> {
  const document = activeDocument(bench.documents.getState());
  if (document === null) return announce(bench.announcer, en.run.noScript, 'error');
  const tooLong = lengthProblem(document);
  if (tooLong !== null) return announce(bench.announcer, tooLong, 'error');
  if (runningRun(bench.runs.getState()) !== null) return announce(bench.announcer, en.run.already, 'error');
  const { rows } = rowsOf(matrixOf(bench.matrices.getState(), document.id));
  const configurations = rows.filter(({ enabled }) => enabled).map(({ configuration }) => configuration);
  if (configurations.length === 0) return announce(bench.announcer, en.run.noConfiguration, 'error');
  if (configurations.length > MOST_CONFIGURATIONS) {
    return announce(bench.announcer, en.run.tooMany(configurations.length, MOST_CONFIGURATIONS), 'error');
  }
  const run: BenchRun = {
    runId: newRunId(),
    documentId: document.id,
    script: { name: document.name, text: document.text },
    options: { check: true, events: bench.settings.getState().events, seconds: 0 },
    entries: configurations.map(newEntry),
    state: 'running',
    elapsedMs: 0,
    restored: false,
  };
  addRun(bench.runs, run);
  announce(bench.announcer, en.run.started(configurations.length));
  try {
    const { runId, script, options } = run;
    await bench.lab.call('start', { runId, script, configurations, options });
  } catch (error) {
    const { code, message, line, column } = failureOf(error);
    const kind = code === 'script' || code === 'refused' || code === 'cancelled' ? code : 'crashed';
    endRun(bench, run.runId, { kind, message, line, column });
    announce(bench.announcer, message, 'error');
  }
}

/** A run that the lab does not know any more: its open configurations fail. */
export function endRun(bench: Bench, runId: string, failure: Parameters<typeof withFailure>[1]): void {
  bench.runs.setState(({ runs }) => {
    const run = runs[runId];
    if (run === undefined) return {};
    const open = (state: string): boolean => state === 'waiting' || state === 'running';
    const entries = run.entries.map((entry) => (open(entry.state) ? withFailure(entry, failure) : entry));
    return { runs: { ...runs, [runId]: { ...run, entries, state: 'cancelled' } } };
  });
}

/** Ends the run that is going on. */
export async function cancelRun(bench: Bench): Promise<void> {
  const run = runningRun(bench.runs.getState());
  if (run === null) return;
  try {
    await bench.lab.call('cancel', { runId: run.runId });
  } catch (error) {
    const { message } = failureOf(error);
    endRun(bench, run.runId, { kind: 'cancelled', message, line: 0, column: 0 });
    announce(bench.announcer, message, 'error');
  }
}

/** Puts the lab's events into the store, a batch at a time so that a busy run does not busy the window. Returns the undo. */
export function followRuns(bench: Bench): () => void {
  let waiting: LabEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const apply = (): void => {
    timer = null;
    const events = waiting;
    waiting = [];
    bench.runs.setState((state) => afterEvents(state, events));
    for (const event of events) if (event.name === 'run.done') sayDone(bench, event.data.runId, event.data.notKept);
  };
  const stop = bench.lab.listen((event) => {
    if (event.name === 'lab.lost') void catchUp(bench);
    if (!event.name.startsWith('run.')) return;
    waiting.push(event);
    timer ??= setTimeout(apply, EVERY);
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}

/** Events were missed: asks the lab what became of the run that was going on. */
export async function catchUp(bench: Bench): Promise<void> {
  const run = runningRun(bench.runs.getState());
  if (run === null) return;
  try {
    const { lastRun, running } = await bench.lab.call('workspace.get', {});
    if (lastRun?.runId === run.runId) {
      bench.runs.setState((state) => afterAnswer(state, lastRun, running));
      if (!running) sayDone(bench, run.runId, []);
      return;
    }
  } catch {
    // The next event or the next loss tells more.
    return;
  }
  endRun(bench, run.runId, { kind: 'crashed', message: en.run.lost, line: 0, column: 0 });
  announce(bench.announcer, en.run.lost, 'error');
}

function sayDone(bench: Bench, runId: string, notKept: readonly string[]): void {
  const run = bench.runs.getState().runs[runId];
  if (run === undefined) return;
  const done = run.entries.filter(({ state }) => state === 'done').length;
  const kept = run.entries.filter(({ outcome }) => outcome?.cached === true).length;
  const failed = run.entries.find(({ failure }) => failure !== null && failure.kind !== 'cancelled')?.failure;
  if (run.state === 'cancelled') announce(bench.announcer, en.run.cancelled(done, run.entries.length));
  else if (failed) announce(bench.announcer, en.run.failed(done, run.entries.length, failed.message), 'error');
  else announce(bench.announcer, en.run.done(done, kept, run.elapsedMs));
  for (const why of notKept) announce(bench.announcer, en.run.notKept(why), 'error');
}
