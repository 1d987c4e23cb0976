import {
  findCpuMachine,
  findCpuModel,
  priceCalibrated,
  priceResult,
  splitCpu,
  type CpuModel,
  type PredictionMark,
  type PricedResult,
  type RunResult,
} from '../../core/index.ts';
import type { Outcome } from '../../host/contract/lab.ts';
import { knownCpus } from '../state/known-cpus.ts';
import type { BenchRun } from '../state/run.ts';

/** A configuration's result with prices on it. */
export interface PricedRun {
  /** Place in `run.entries`. */
  readonly index: number;
  readonly name: string;
  readonly outcome: Outcome;
  readonly result: RunResult;
  readonly priced: PricedResult;
  /** What the host did beside the vCPU, priced alike: one "access" of it is one ioctl or one notifier. */
  readonly host: PricedResult;
  readonly model: CpuModel;
  /** Set where prices of a calibrated host were used. */
  readonly mark?: PredictionMark;
}

/** Why some configurations have no result that can be drawn. */
export interface Missing {
  readonly why: string;
  /** Line of the script, 0 for none. */
  readonly line: number;
  /** The configurations it holds for, in their order. */
  readonly names: readonly string[];
}

/** Everything of a run that can be drawn, and why the rest cannot. */
export interface PricedRuns {
  readonly runs: readonly PricedRun[];
  /** Each reason once. */
  readonly missing: readonly Missing[];
}

type Answer = Pick<PricedRun, 'priced' | 'host' | 'model' | 'mark'> | string;

/** Prices are put on a result once, however many panes show it. */
let known = new WeakMap<RunResult, Answer>();
knownCpus.subscribe(() => {
  known = new WeakMap();
});

function priceOnce(result: RunResult): Answer {
  const found = known.get(result);
  if (found !== undefined) return found;
  const answer = price(result);
  known.set(result, answer);
  return answer;
}

function price({ configuration, paths, hostPaths }: RunResult): Answer {
  const { kept, stored } = knownCpus.getState();
  const { cpu } = configuration;
  const { machine, prices } = splitCpu(cpu);
  const calibrated = kept.find(({ host, base }) => host.name === prices && base === machine);
  if (calibrated !== undefined) {
    const found = priceCalibrated(paths, calibrated, cpu);
    if (!found.ok) return found.error;
    const beside = priceResult(hostPaths, found.value.model);
    return beside.ok ? { ...found.value, host: beside.value } : beside.error;
  }
  const model = modelOf(cpu, stored[cpu]);
  if (!model.ok) return model.error;
  const priced = priceResult(paths, model.value);
  if (!priced.ok) return priced.error;
  const host = priceResult(hostPaths, model.value);
  if (!host.ok) return host.error;
  return { priced: priced.value, host: host.value, model: model.value };
}

/** A CPU of the program's; or a host that was calibrated elsewhere, by the prices that came with its result. */
function modelOf(cpu: string, stored: CpuModel['prices'] | object | undefined): ReturnType<typeof findCpuModel> {
  const model = findCpuModel(cpu);
  if (model.ok || stored === undefined) return model;
  const base = findCpuMachine(cpu);
  if (!base.ok) return base;
  const { value } = base;
  return { ok: true, value: { ...value, id: cpu, name: cpu, prices: { ...value.prices, ...stored } } };
}

/** The results of a run so far, in the order of its configurations. */
export function pricedRuns(run: BenchRun, unpriced: (why: string) => string): PricedRuns {
  const runs: PricedRun[] = [];
  const missing = new Map<string, { why: string; line: number; names: string[] }>();
  const miss = (name: string, why: string, line: number): void => {
    const key = `${line}:${why}`;
    const known = missing.get(key);
    if (known === undefined) missing.set(key, { why, line, names: [name] });
    else known.names.push(name);
  };
  for (const [index, { configuration, outcome, failure }] of run.entries.entries()) {
    const { name } = configuration;
    if (failure !== null) miss(name, failure.message, failure.line);
    if (outcome === null) continue;
    const answer = priceOnce(outcome.result);
    if (typeof answer === 'string') miss(name, unpriced(answer), 0);
    else runs.push({ index, name, outcome, result: outcome.result, ...answer });
  }
  return { runs, missing: [...missing.values()] };
}
