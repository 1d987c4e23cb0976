import { priceResult, type RunResult } from '../../core/index.ts';
import { resultText } from '../text/results.ts';
import type { PricedRun } from './priced-runs.ts';

/** True when several vCPUs ran at the same time. */
export const isTimed = ({ result }: { readonly result: Pick<RunResult, 'timed'> }): boolean =>
  result.timed !== undefined;

/** A part of the results in which runs of several vCPUs are other than those of one. */
export type TimedNote = keyof typeof resultText.timed;

/** What stands above a chart: what holds for every run, and what the numbers are of where some run is of several vCPUs. */
export function aboutTimed(runs: readonly Pick<PricedRun, 'result'>[], note: TimedNote, about = ''): string {
  return [about, ...(runs.some(isTimed) ? [resultText.timed[note]] : [])].filter((text) => text !== '').join(' ');
}

/** Accesses that have a number: of a timed run those of vCPU 0. */
export const numberedAccesses = ({ accesses, timed }: Pick<RunResult, 'accesses' | 'timed'>): number =>
  (timed?.vcpus ?? []).reduce((left, { id, instructions }) => (id === 0 ? left : left - instructions), accesses);

/** The clock that a run with these prices has: it counts in sixteenths of a cycle. */
const clockOf = ({ steps }: PricedRun['priced']): number =>
  steps.reduce((sum, { times, price }) => sum + (times * Math.round(price.value * 16)) / 16, 0);

/** True when the prices on a timed run are not those it was made with: its waits and clocks still are of those. */
export function isRepriced({ result, priced, mark }: Pick<PricedRun, 'result' | 'priced' | 'mark'>): boolean {
  if (!isTimed({ result })) return false;
  return mark !== undefined || Math.abs(clockOf(priced) - result.clock) > 1e-9 * result.clock;
}

/** Where the clock that events are stamped with stands at a run's end: of a timed run vCPU 0's own, which does not wait. */
export function ownClock({ result: { timed, clock }, model }: Pick<PricedRun, 'result' | 'model'>): number {
  const first = timed?.vcpus[0];
  if (first === undefined) return clock;
  const priced = priceResult(first.paths, model);
  return priced.ok ? priced.value.total.value : clock;
}
