import type { Configuration } from '../../core/index.ts';
import type { LabEvent, LabParams, LabReply, Outcome, RunFailure, StoredRun } from '../contract/lab.ts';
import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import type { CompiledScript } from '../sandbox/compile/compiled-script.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { Answer, Job } from '../workers/protocol.ts';
import type { EventColumns } from '../workers/run-report.ts';
import type { Compiler } from './compiler.ts';
import type { EventStore } from './event-store.ts';
import { failed } from './failed.ts';
import type { Pools } from './pools.ts';
import { runKey } from './run-key.ts';
import type { KeptRun } from './workspace.ts';

/** Milliseconds between two times that an unfinished start is kept. */
const KEEP_EVERY = 3000;
/** Starts whose results are kept in memory, and single results that are not run again. */
const KEPT_STARTS = 8;
const KEPT_RESULTS = 512;

interface Start {
  readonly run: { -readonly [K in keyof StoredRun]: StoredRun[K] } & { outcomes: (Outcome | RunFailure | null)[] };
  readonly keys: readonly string[];
  readonly began: number;
  pool: WorkerPool | null;
  over: boolean;
  /** When it was kept last. */
  kept: number;
  /** Why something of it is in no file. */
  readonly notKept: Set<string>;
}

export interface RunsParts {
  readonly version: string;
  readonly compiler: Compiler;
  readonly pools: Pools;
  readonly events: EventStore;
  readonly tell: (event: LabEvent) => void;
  /** Puts a start where the next process finds it; called now and then, and before it is told to be over. A sentence when it cannot. */
  readonly keep: (run: StoredRun) => Promise<string | null>;
  /** Hears of every start that is over, before its end is told. */
  readonly ended: (run: StoredRun) => void;
}

/** Starts of a script on configurations: each runs in worker threads of its own, so that one ends without touching another. */
export class Runs {
  private readonly parts: RunsParts;
  private readonly starts = new Map<string, Start>();
  private readonly known = new Map<string, Outcome>();

  constructor(parts: RunsParts) {
    this.parts = parts;
  }

  start({ runId, script, configurations, options }: LabParams<'start'>): void {
    if (this.starts.has(runId)) throw failed('refused', `there was a start with the id ${runId} already`);
    const { version } = this.parts;
    const keys = configurations.map((configuration) => runKey(version, script.text, configuration, options));
    const outcomes = configurations.map(() => null);
    const run = { runId, script, options, configurations, outcomes };
    const start: Start = {
      run,
      keys,
      began: performance.now(),
      pool: null,
      over: false,
      kept: performance.now(),
      notKept: new Set(),
    };
    this.starts.set(runId, start);
    this.forgetOld();
    void this.carryOut(start);
  }

  /** Ends a start at once; what has a result keeps it. */
  cancel(runId: string): void {
    const start = this.starts.get(runId);
    if (start === undefined || start.over) return;
    const { pool } = start;
    start.pool = null;
    if (pool !== null) void this.parts.pools.end(pool);
    start.run.configurations.forEach((_, index) => {
      if (start.run.outcomes[index] === null) this.fail(start, index, 'cancelled', 'the run was cancelled', 0, 0);
    });
    this.finish(start, true);
  }

  /** Ends every start; what has a result is kept. */
  close(): void {
    for (const runId of this.starts.keys()) this.cancel(runId);
  }

  /** A start by its id, with what came of it so far. */
  find(runId: string): StoredRun {
    const start = this.starts.get(runId);
    if (start === undefined) throw failed('not-found', 'there is no such run any more');
    return { ...start.run, outcomes: [...start.run.outcomes] };
  }

  /** The start that was asked for last, with what came of it so far; null before the first. */
  latest(): { readonly run: StoredRun; readonly running: boolean } | null {
    const start = [...this.starts.values()].at(-1);
    return start === undefined ? null : { run: this.find(start.run.runId), running: !start.over };
  }

  /**
   * Takes a start of an earlier process: its results need not be run again, where the program is the same. One that was `imported` is shown
   * and exported, but no run is answered from it: anybody may have written it.
   */
  adopt({ run, version, imported = false }: KeptRun): void {
    const known = this.starts.get(run.runId);
    this.starts.delete(run.runId);
    if (known !== undefined && !(known.over && imported)) {
      this.starts.set(run.runId, known);
      return;
    }
    const keys = run.configurations.map((configuration) =>
      runKey(version, run.script.text, configuration, run.options),
    );
    const outcomes = [...run.outcomes];
    this.starts.set(run.runId, {
      run: { ...run, outcomes },
      keys,
      began: 0,
      pool: null,
      over: true,
      kept: 0,
      notKept: new Set(),
    });
    this.forgetOld();
    if (imported) return;
    run.outcomes.forEach((outcome, index) => {
      if (outcome !== null && 'result' in outcome) this.remember(keys[index]!, outcome);
    });
  }

  readEvents({ runId, index, from, count }: LabParams<'events.read'>): Promise<LabReply<'events.read'>> {
    return this.parts.events.read(this.keyOf(runId, index), from, count);
  }

  readArguments({ runId, index, from, count }: LabParams<'events.arguments'>): Promise<LabReply<'events.arguments'>> {
    return this.parts.events.readArguments(this.keyOf(runId, index), from, count);
  }

  private keyOf(runId: string, index: number): string {
    const key = this.starts.get(runId)?.keys[index];
    if (key === undefined) throw failed('not-found', 'there is no such run any more');
    return key;
  }

  private async carryOut(start: Start): Promise<void> {
    const { script, configurations } = start.run;
    try {
      const open = await this.takeKnown(start);
      if (open.length === 0 || start.over) return this.finish(start, false);
      const compiled = await this.parts.compiler.compile(script.name, script.text);
      if (start.over) return;
      if (!compiled.ok) {
        const { line, column, message } = compiled.error[0]!;
        for (const index of open) this.fail(start, index, 'script', message, line, column);
        return this.finish(start, false);
      }
      const pool = (start.pool = this.parts.pools.take());
      await Promise.all(open.map((index) => this.runOne(start, pool, compiled.value, index, configurations[index]!)));
      start.pool = null;
      this.parts.pools.giveBack(pool);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      configurations.forEach((_, index) => {
        if (start.run.outcomes[index] === null) this.fail(start, index, 'crashed', message, 0, 0);
      });
    }
    this.finish(start, false);
  }

  /** Answers from what ran before; the configurations that must run. */
  private async takeKnown(start: Start): Promise<number[]> {
    const open: number[] = [];
    const { configurations, options } = start.run;
    for (const [index, key] of start.keys.entries()) {
      const known = this.known.get(key);
      const complete = options.events === 0 || (await this.parts.events.has(key));
      if (start.over) return [];
      if (known === undefined || !complete) open.push(index);
      else {
        const result = { ...known.result, configuration: configurations[index]! };
        this.succeed(start, index, { ...known, result, cached: true });
      }
    }
    return open;
  }

  private async runOne(
    start: Start,
    pool: WorkerPool,
    script: CompiledScript,
    index: number,
    configuration: Configuration,
  ): Promise<void> {
    const { runId, options } = start.run;
    const seconds = options.seconds > 0 ? options.seconds : DEFAULT_LIMITS.seconds;
    const job: Job = {
      kind: 'run',
      script,
      limits: { ...DEFAULT_LIMITS, seconds },
      configuration,
      check: options.check,
      trace: 0,
      details: true,
      events: options.events,
    };
    const answer = await pool.run(job, (report) => {
      if (start.over) return;
      const elapsedMs = performance.now() - start.began;
      if (report.kind === 'message')
        this.parts.tell({ name: 'run.message', data: { runId, index, text: report.text } });
      else this.parts.tell({ name: 'run.progress', data: { runId, index, accesses: report.accesses, elapsedMs } });
    });
    if (!start.over) await this.take(start, index, answer);
  }

  private async take(start: Start, index: number, answer: Answer): Promise<void> {
    if (answer.kind === 'script-error') {
      const { message, line, column } = answer.error;
      return this.fail(start, index, 'script', message, line, column);
    }
    if (answer.kind === 'refused') return this.fail(start, index, 'refused', answer.message, 0, 0);
    if (answer.kind !== 'ran') {
      const message = answer.kind === 'crashed' ? answer.message : 'the worker answered something else';
      return this.fail(start, index, 'crashed', message, 0, 0);
    }
    const { result, details } = answer.report;
    const columns = details?.events ?? null;
    const key = start.keys[index]!;
    const stored = columns === null || (await this.writeEvents(start, key, columns));
    const outcome: Outcome = {
      result,
      firsts: details?.firsts ?? [],
      lines: details?.lines ?? [],
      events: columns === null || !stored ? null : { count: columns.kind.length, dropped: columns.dropped },
      cached: false,
    };
    // Without its events it is not what was asked for, and is run again.
    if (stored) this.remember(key, outcome);
    if (!start.over) this.succeed(start, index, outcome);
  }

  /** True when they are on disk. A disk that refuses costs the events, not the result. */
  private async writeEvents(start: Start, key: string, columns: EventColumns): Promise<boolean> {
    try {
      await this.parts.events.write(key, columns);
      return true;
    } catch (error) {
      start.notKept.add(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  private succeed(start: Start, index: number, outcome: Outcome): void {
    start.run.outcomes[index] = outcome;
    this.parts.tell({ name: 'run.result', data: { runId: start.run.runId, index, ...outcome } });
    const now = performance.now();
    if (start.over || now < start.kept + KEEP_EVERY) return;
    start.kept = now;
    void this.parts.keep(this.find(start.run.runId));
  }

  private fail(
    start: Start,
    index: number,
    kind: RunFailure['kind'],
    message: string,
    line: number,
    column: number,
  ): void {
    const failure = { kind, message, line, column };
    start.run.outcomes[index] = failure;
    this.parts.tell({ name: 'run.failed', data: { runId: start.run.runId, index, ...failure } });
  }

  private finish(start: Start, cancelled: boolean): void {
    if (start.over) return;
    start.over = true;
    const { runId } = start.run;
    const elapsedMs = performance.now() - start.began;
    this.parts.ended(this.find(runId));
    void this.parts.keep(this.find(runId)).then((problem) => {
      if (problem !== null) start.notKept.add(problem);
      const notKept = [...start.notKept];
      this.parts.tell({ name: 'run.done', data: { runId, cancelled, elapsedMs, notKept } });
    });
    void this.parts.events.keepOnly(new Set([...this.starts.values()].flatMap(({ keys }) => keys)));
  }

  private remember(key: string, outcome: Outcome): void {
    this.known.delete(key);
    this.known.set(key, outcome);
    if (this.known.size > KEPT_RESULTS) this.known.delete(this.known.keys().next().value!);
  }

  private forgetOld(): void {
    for (const [runId, { over }] of this.starts) {
      if (this.starts.size <= KEPT_STARTS) return;
      if (over) this.starts.delete(runId);
    }
  }
}
