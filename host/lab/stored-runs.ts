import { findCpuModel, type Configuration, splitCpu } from '../../core/index.ts';
import type { CpuFile } from '../contract/cpu-file.ts';
import type { LabParams, LabReply, Outcome, ResultFile, RunFailure, StoredRun } from '../contract/lab.ts';
import { priceListOf } from '../report/kept-cpus.ts';
import { History } from '../store/history.ts';
import { failed } from './failed.ts';
import { makeResultFile } from './result-files.ts';
import { scenarioWords } from './scenario-words.ts';

type Stored = StoredRun['outcomes'][number];

/** The history as a window sees it: opened when it is first needed, and shared with the command line. */
export class StoredRuns {
  private readonly path: string;
  private readonly version: string;
  private readonly cpus: () => readonly CpuFile[];
  private history: History | null = null;

  /** `cpus`: calibrated hosts that are kept. */
  constructor(path: string, version: string, cpus: () => readonly CpuFile[]) {
    this.path = path;
    this.version = version;
    this.cpus = cpus;
  }

  close(): void {
    this.history?.close();
    this.history = null;
  }

  /**
   * Stores a start that is over; one that brought nothing new is left out. Null when it is stored or left out, else a sentence: the window has the results
   * whatever becomes of this.
   */
  add(run: StoredRun): { readonly stored: boolean; readonly problem: string | null } {
    const isNew = (outcome: Stored): boolean => outcome !== null && 'result' in outcome && !outcome.cached;
    if (!run.outcomes.some(isNew)) return { stored: false, problem: null };
    try {
      const outcomes = run.outcomes.map(withoutEvents);
      const title = scenarioWords(run.script.text)?.title ?? run.script.name;
      this.open().add(makeResultFile({ ...run, outcomes }, this.version, this.cpus()), title);
      return { stored: true, problem: null };
    } catch (error) {
      return { stored: false, problem: `The run is not in the history: ${(error as Error).message}` };
    }
  }

  list({ search, tag, deleted, limit, before }: LabParams<'history.list'>): LabReply<'history.list'> {
    const history = this.open();
    const runs = history.list({
      search,
      deleted,
      limit: limit + 1,
      ...(tag === null ? {} : { tag }),
      ...(before === null ? {} : { before }),
    });
    return { runs: runs.slice(0, limit), more: runs.length > limit, tags: history.tags() };
  }

  get({ id, prices }: LabParams<'history.get'>): ResultFile {
    const file = this.find(id);
    return prices === null ? named(file, `history:${id}`) : this.repriced(file, id, prices);
  }

  pair({ a, b }: LabParams<'history.pair'>): LabReply<'history.pair'> {
    const [one, other] = [this.find(a), this.find(b)];
    const notes: string[] = [];
    if (one.run.script.text !== other.run.script.text)
      notes.push(`runs ${a} and ${b} ran different scripts: costs are means of different programs`);
    if (one.version !== other.version)
      notes.push(`runs ${a} and ${b} were made by different versions (${one.version}, ${other.version})`);
    const both = [numbered(one, a), numbered(other, b)];
    const run: StoredRun = {
      ...other.run,
      runId: `history:${a}:${b}`,
      configurations: both.flatMap(({ configurations }) => configurations),
      outcomes: both.flatMap(({ outcomes }) => outcomes),
    };
    return { file: { ...other, run, prices: { ...one.prices, ...other.prices } }, notes };
  }

  change({ id, note, tags }: LabParams<'history.change'>): LabReply<'history.change'> {
    return orRefused(
      this.open().change(id, { ...(note === undefined ? {} : { note }), ...(tags === undefined ? {} : { tags }) }),
    );
  }

  setDeleted(ids: readonly number[], deleted: boolean): void {
    const history = this.open();
    for (const id of ids) orRefused(history.find(id));
    for (const id of ids) orRefused(history.change(id, { deleted }));
  }

  private find(id: number): ResultFile {
    return orRefused(this.open().get(id));
  }

  private open(): History {
    return (this.history ??= orRefused(History.open(this.path)));
  }

  /** The same counts at other prices. A configuration that cannot be priced so says why. */
  private repriced(file: ResultFile, id: number, wanted: string): ResultFile {
    const prices: Record<string, CpuFile['prices']> = {};
    const outcomes = file.run.outcomes.map((outcome, n): Stored => {
      if (outcome === null || !('result' in outcome)) return outcome;
      const configuration = pricedAs(file.run.configurations[n]!, wanted);
      const list = priceListOf(configuration.cpu, this.cpus());
      if (list !== null) {
        prices[configuration.cpu] = list;
        return { ...outcome, result: { ...outcome.result, configuration } };
      }
      const why = findCpuModel(configuration.cpu);
      return { kind: 'refused', message: why.ok ? '' : why.error, line: 0, column: 0 };
    });
    const configurations = file.run.configurations.map((one) => pricedAs(one, wanted));
    return { ...file, prices, run: { ...file.run, runId: `history:${id}:${wanted}`, configurations, outcomes } };
  }
}

/** The event files are not part of the history. */
const withoutEvents = (outcome: Stored): Outcome | RunFailure | null =>
  outcome !== null && 'result' in outcome ? { ...outcome, events: null } : outcome;

const named = (file: ResultFile, runId: string): ResultFile => ({ ...file, run: { ...file.run, runId } });

function pricedAs(configuration: Configuration, prices: string): Configuration {
  const { machine } = splitCpu(configuration.cpu);
  const cpu = machine === prices ? machine : `${machine}@${prices}`;
  return { ...configuration, cpu, name: `${configuration.name} @ ${prices}` };
}

/** A run's configurations and outcomes with its number before each name. */
function numbered({ run }: ResultFile, id: number): Pick<StoredRun, 'configurations' | 'outcomes'> {
  const rename = (configuration: Configuration): Configuration => ({
    ...configuration,
    name: `${id}: ${configuration.name}`,
  });
  return {
    configurations: run.configurations.map(rename),
    outcomes: run.outcomes.map((outcome) =>
      outcome !== null && 'result' in outcome
        ? { ...outcome, result: { ...outcome.result, configuration: rename(outcome.result.configuration) } }
        : outcome,
    ),
  };
}

function orRefused<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw failed('refused', result.error);
  return result.value;
}
