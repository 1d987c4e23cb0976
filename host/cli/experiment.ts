import { availableParallelism } from 'node:os';
import {
  endOf,
  type Configuration,
  type EventColumns,
  type LeftOut,
  type RunView,
  type ScenarioView,
  type Selection,
  type Trace,
  type TracedRun,
} from '../../core/index.ts';
import type { CompiledScript } from '../sandbox/compile/compiled-script.ts';
import { DEFAULT_LIMITS, type Limits } from '../sandbox/limits.ts';
import { WorkerPool } from '../workers/pool.ts';
import type { Answer, Job } from '../workers/protocol.ts';
import { last, numberOf, type Given, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';
import { CPU_FILE_OPTION, cpuFileOf, priceRun } from './cpu-file.ts';
import type { CpuFile } from '../contract/cpu-file.ts';
import { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export const RUN_OPTIONS: readonly OptionSpec[] = [
  CPU_FILE_OPTION,
  { name: 'no-reference', help: 'do not check what the guest observes; faster' },
  { name: 'strict', help: 'exit with 1 when the guest observed something wrong or was stopped' },
  { name: 'time-limit', argument: 'SECONDS', help: `of one run, default ${DEFAULT_LIMITS.seconds}` },
  { name: 'jobs', short: 'j', argument: 'N', help: 'runs at a time, default one a processor' },
];

const NO_EVENTS: EventColumns = {
  kind: new Uint8Array(),
  args: new Int32Array(),
  access: new Float64Array(),
  cycles: new Float64Array(),
  dropped: 0,
};

/** Runs of one script. Opened once, closed whatever happens. */
export class Experiment {
  readonly script: CompiledScript;
  readonly scenario: ScenarioView;
  /** What the script itself wants compared. */
  readonly defaults: Selection;
  private readonly pool: WorkerPool;
  private readonly limits: Limits;
  readonly check: boolean;
  readonly cpuFile: CpuFile | null;
  private readonly terminal: Terminal;

  private constructor(
    script: CompiledScript,
    described: { scenario: ScenarioView; defaults: Selection },
    pool: WorkerPool,
    limits: Limits,
    check: boolean,
    cpuFile: CpuFile | null,
    terminal: Terminal,
  ) {
    this.script = script;
    this.scenario = described.scenario;
    this.defaults = described.defaults;
    this.pool = pool;
    this.limits = limits;
    this.check = check;
    this.cpuFile = cpuFile;
    this.terminal = terminal;
  }

  /** Evaluates the script's scenario, does the work, and ends every worker. */
  static async with<T>(
    script: CompiledScript,
    options: Given,
    terminal: Terminal,
    work: (experiment: Experiment) => Promise<T>,
  ): Promise<T> {
    const limits = { ...DEFAULT_LIMITS, seconds: numberOf(options, 'time-limit', DEFAULT_LIMITS.seconds, 1) };
    const cpuFile = await cpuFileOf(options);
    const pool = new WorkerPool(numberOf(options, 'jobs', availableParallelism(), 1));
    try {
      const answer = await pool.run({ kind: 'describe', script, limits });
      if (answer.kind !== 'described') throw failure(answer, null);
      const { title, question, claims, says, configurations } = answer.description;
      const described = {
        scenario: { file: script.file, title, question, claims, says },
        defaults: configurations as Selection,
      };
      const check = last(options, 'no-reference') === undefined;
      return await work(new Experiment(script, described, pool, limits, check, cpuFile, terminal));
    } finally {
      await pool.close();
    }
  }

  /** Runs the script on each configuration, a few at a time. What cannot be built on one of them leaves that one out. */
  async runAll(configurations: readonly Configuration[]): Promise<{ runs: RunView[]; leftOut: LeftOut[] }> {
    const progress = new Progress(this.terminal, configurations.length);
    const leftOut: LeftOut[] = [];
    try {
      // Messages of the script would come once a configuration: the first one speaks.
      const runs = configurations.map(async (configuration, n) => {
        const voice = n === 0 ? progress : null;
        const run = await this.runOne(configuration, 0, (accesses) => progress.update(n, accesses), voice);
        progress.finish();
        if ('refused' in run) leftOut.push({ name: configuration.name, why: run.refused });
        return 'refused' in run ? [] : [run.view];
      });
      return { runs: (await Promise.all(runs)).flat(), leftOut };
    } finally {
      progress.clear();
    }
  }

  /** Runs the script once and records one access; 0 records none. */
  async runTraced(configuration: Configuration, access: number): Promise<{ view: RunView; trace: Trace | null }> {
    const progress = new Progress(this.terminal, 1);
    try {
      const run = await this.runOne(configuration, access, (accesses) => progress.update(0, accesses), progress);
      if ('refused' in run) throw new BadInput(run.refused);
      return run;
    } finally {
      progress.clear();
    }
  }

  /** Runs the script on each configuration, and keeps the last events of each run. The first that cannot be built is a mistake of the user's. */
  async runKeepingEvents(configurations: readonly Configuration[], events: number): Promise<TracedRun[]> {
    const progress = new Progress(this.terminal, configurations.length);
    try {
      return await Promise.all(
        configurations.map(async (configuration, n) => {
          const onAccesses = (accesses: number): void => progress.update(n, accesses);
          const run = await this.runOne(configuration, 0, onAccesses, n === 0 ? progress : null, events);
          progress.finish();
          if ('refused' in run) throw new BadInput(`${configuration.name}: ${run.refused}`);
          return { ...run.view, events: run.events ?? NO_EVENTS };
        }),
      );
    } finally {
      progress.clear();
    }
  }

  /** Runs the script by other prices, unchecked: cycles until every vCPU was through. */
  async endUnder(configuration: Configuration, prices: readonly number[]): Promise<number> {
    const { script, limits } = this;
    const job: Job = { kind: 'run', script, limits, configuration, check: false, trace: 0, prices };
    const answer = await this.pool.run(job, () => {});
    if (answer.kind === 'refused') throw new BadInput(`${configuration.name}: ${answer.message}`);
    if (answer.kind !== 'ran') throw failure(answer, configuration);
    return endOf(answer.report.result) ?? 0;
  }

  private async runOne(
    configuration: Configuration,
    trace: number,
    onAccesses: (accesses: number) => void,
    voice: Progress | null,
    events = 0,
  ): Promise<{ view: RunView; trace: Trace | null; events: EventColumns | null } | { refused: string }> {
    const kept = events > 0 ? { details: true, events } : {};
    const { script, limits, check } = this;
    const job: Job = { kind: 'run', script, limits, configuration, check, trace, ...kept };
    const answer = await this.pool.run(job, (report) => {
      if (report.kind === 'progress') onAccesses(report.accesses);
      else voice?.say(report.text);
    });
    if (answer.kind === 'refused') return { refused: answer.message };
    if (answer.kind !== 'ran') throw failure(answer, configuration);
    const { result, trace: traced, details } = answer.report;
    return { view: priceRun(result, this.cpuFile), trace: traced, events: details?.events ?? null };
  }
}

/** A job that did not end as it should, as an error of the right kind. */
function failure(answer: Answer, configuration: Configuration | null): Error {
  const where = configuration === null || configuration.name === '' ? '' : `${configuration.name}: `;
  if (answer.kind === 'script-error') return new BadInput([answer.error]);
  return new Error(`${where}${answer.kind === 'crashed' ? answer.message : 'the worker answered something else'}`);
}

/** True when a run did not go as a guest must expect. */
export const isWrong = ({ result }: RunView): boolean => result.divergences.length > 0 || result.problem !== null;
