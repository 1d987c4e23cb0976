import type { Cited } from '../cpu-model.ts';

/** The numbers of one CPU from which the prices of its silicon follow. Latencies in cycles. */
export interface Hardware {
  readonly vendor: 'intel' | 'amd';
  /** Load to use from each level; `dram` on a random 4 KiB hop. */
  readonly l1: Cited;
  readonly l2: Cited;
  readonly l3: Cited;
  readonly dram: Cited;
  /** A locked read-modify-write in L1D. */
  readonly lock: Cited;
  /** Extra cycles when the second-level TLB answers. */
  readonly stlbHit: Cited;
  readonly walkFixed: Cited;
  /** Exit and entry together; on AMD with VMLOAD, VMSAVE, CLGI and STGI. */
  readonly hwx: Cited;
  readonly vmread: Cited;
  readonly vmwrite: Cited;
  /** #PF to the first instruction of its handler, and IRET back. */
  readonly pf: Cited;
  readonly iret: Cited;
}

/** `later` less `earlier`, as an extra cost; what the range allows, never below 0. */
export function extra(later: Cited, earlier: Cited): Cited {
  return {
    value: later.value - earlier.value,
    low: Math.max(0, later.low - earlier.high),
    high: later.high - earlier.low,
    kind: later.kind === 'estimated' || earlier.kind === 'estimated' ? 'estimated' : 'derived',
    source: `${later.source}; less ${earlier.value} (${earlier.source})`,
  };
}
