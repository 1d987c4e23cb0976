import type { StateSet } from '../../base/state.ts';

/** What the kernel counts, under the names of /proc/vmstat and /proc/stat where they have one. */
export const VMSTAT = [
  'pgfault',
  'pgmajfault',
  'pgalloc',
  'pgfree',
  'pgreuse',
  'cow',
  'zero_page',
  'thp_fault_alloc',
  'thp_collapse_alloc',
  'thp_split_pmd',
  'nr_tlb_local_flush_all',
  'nr_tlb_local_flush_one',
  'ctxt',
  'processes',
  'segv',
] as const;
export type VmStat = (typeof VMSTAT)[number];

/** Index of each counter. */
export const STAT = Object.freeze(Object.fromEntries(VMSTAT.map((name, i) => [name, i]))) as {
  readonly [K in VmStat]: number;
};

/** Counters that only grow. */
export class Stats {
  readonly at = new Float64Array(VMSTAT.length);

  register(state: StateSet): void {
    state.addCounters(() => [this.at]);
  }

  add(counter: number, times = 1): void {
    this.at[counter]! += times;
  }

  /** Counters by name. */
  byName(): Record<VmStat, number> {
    return Object.fromEntries(VMSTAT.map((name, i) => [name, this.at[i]!])) as Record<VmStat, number>;
  }
}
