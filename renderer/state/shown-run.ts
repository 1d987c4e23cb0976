import type { Bench } from './bench.ts';
import { endedOf, type BenchRun } from './run.ts';
import { shownRun } from './runs.ts';

/** Milliseconds between two new results on the screen while a run goes on. */
const EVERY = 300;

/** True when two states of the shown run look the same in a result pane: progress alone is nothing new. */
const looksSame = (now: BenchRun | null, before: BenchRun | null): boolean =>
  now === before || (now?.runId === before?.runId && now?.state === before?.state && endedOf(now) === endedOf(before));

/** Gives the result panes the run they show: at once when it is another one or has ended, else a few times a second. Returns the undo. */
export function followShownRun(bench: Bench): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const show = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    bench.view.setState({ run: shownRun(bench.runs.getState()) });
  };
  const look = (): void => {
    const now = shownRun(bench.runs.getState());
    const { run } = bench.view.getState();
    if (looksSame(now, run)) return;
    if (now?.runId !== run?.runId || now?.state !== 'running') show();
    else timer ??= setTimeout(show, EVERY);
  };
  look();
  const stop = bench.runs.subscribe(look);
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}
