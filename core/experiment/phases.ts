import type { CpuModel } from '../cost/cpu-model.ts';
import { priceResult, type Bounds, type PricedResult } from './pricing.ts';
import type { RunResult } from './result.ts';

/** What a phase of a run cost, and the counts that most often say why. All are means of an access, except `accesses`. */
export interface PricedPhase {
  readonly name: string;
  readonly accesses: number;
  readonly cycles: Bounds;
  readonly exits: number;
  /** Paging entries that the page walker loaded, of the guest's tables and of EPT or NPT. */
  readonly loads: number;
  /** Comparisons that searches of KVM's I/O buses made. */
  readonly compares: number;
}

const LOAD = /^walk\.(guest|nested)_(l1|l2|l3|dram)$/;

/** Prices the phases that a script named. Pure arithmetic on the result's counts. */
export function pricePhases(
  result: Pick<RunResult, 'paths' | 'phases'>,
  model: Pick<CpuModel, 'prices'>,
): PricedPhase[] {
  return result.phases.map(({ name, counts }) => {
    const paths = result.paths
      .map(({ steps }, n) => ({ steps, count: counts[n] ?? 0 }))
      .filter(({ count }) => count > 0);
    const priced = priceResult(paths, model);
    if (!priced.ok) throw new Error(priced.error);
    const { value } = priced;
    return {
      name,
      accesses: value.accesses,
      cycles: value.perAccess,
      exits: timesOf(value, (step) => step === 'hw.vmexit'),
      loads: timesOf(value, (step) => LOAD.test(step)),
      compares: timesOf(value, (step) => step === 'kvm_io_bus_cmp'),
    };
  });
}

/** How often an access takes these steps, on average. */
function timesOf({ steps, accesses }: PricedResult, wanted: (step: string) => boolean): number {
  if (accesses === 0) return 0;
  return steps.filter(({ step }) => wanted(step)).reduce((sum, { times }) => sum + times, 0) / accesses;
}
