import { findCpuModel, priceResult, type CpuModel, type PricedResult, type RunResult } from '../../core/index.ts';
import type { Outcome } from '../../host/contract/lab.ts';
import type { BenchRun } from '../state/run.ts';

/** A configuration's result with prices on it. */
export interface PricedRun {
  /** Place in `run.entries`. */
  readonly index: number;
  readonly name: string;
  readonly outcome: Outcome;
  readonly result: RunResult;
  readonly priced: PricedResult;
  readonly model: CpuModel;
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

/** Prices are put on a result once, however many panes show it. */
const known = new WeakMap<RunResult, { readonly priced: PricedResult; readonly model: CpuModel } | string>();

function priceOnce(result: RunResult): { readonly priced: PricedResult; readonly model: CpuModel } | string {
  const found = known.get(result);
  if (found !== undefined) return found;
  const model = findCpuModel(result.configuration.cpu);
  const priced = model.ok ? priceResult(result.paths, model.value) : model;
  const answer = model.ok && priced.ok ? { priced: priced.value, model: model.value } : priced.ok ? '' : priced.error;
  known.set(result, answer);
  return answer;
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
