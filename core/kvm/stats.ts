/**
 * KVM's statistics under their own names (binary stats of a vCPU and of a VM, arch/x86/include/asm/kvm_host.h). The last one is no
 * statistic but the count of a tracepoint: KVM counts fast kicks nowhere else.
 */
const NAMES = [
  'exits',
  'mmio_exits',
  'io_exits',
  'halt_exits',
  'hypercalls',
  'request_irq_exits',
  'insn_emulation',
  'insn_emulation_fail',
  'pf_taken',
  'pf_fixed',
  'pf_emulate',
  'pf_spurious',
  'pf_fast',
  'pf_mmio_spte_created',
  'tlb_flush',
  'remote_tlb_flush',
  'pages_4k',
  'pages_2m',
  'pages_1g',
  'kvm_fast_mmio',
] as const;

export type StatName = (typeof NAMES)[number];

/** Index of each statistic in the column. */
export const STAT = Object.freeze(Object.fromEntries(NAMES.map((name, i) => [name, i]))) as {
  readonly [K in StatName]: number;
};

export const createStats = (): Float64Array => new Float64Array(NAMES.length);

/** The statistics as a record, by name. */
export const statsByName = (column: Float64Array): Record<StatName, number> =>
  Object.fromEntries(NAMES.map((name, i) => [name, column[i]!])) as Record<StatName, number>;
