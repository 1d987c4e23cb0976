/**
 * KVM's statistics under their own names (binary stats of a vCPU and of a VM, arch/x86/include/asm/kvm_host.h). Those from `kvm_fast_mmio`
 * on are no statistics of KVM's: the first is the count of a tracepoint, the others count what the shadow MMUs are compared by.
 * - pf_host: #PF exits that the guest's own tables had no part in (the guest's walk succeeded);
 * - pf_trap_not_present: #PF exits on an entry marked "trap" whose guest entry turned out not present (bypass_guest_pf);
 * - pf_direct: #PF that the CPU delivered to the guest itself, without an exit; the machine counts it, KVM cannot;
 * - mmu_reshadowed: shadow pages made for a guest frame that had been shadowed before.
 */
const NAMES = [
  'exits',
  'mmio_exits',
  'io_exits',
  'halt_exits',
  'hypercalls',
  'request_irq_exits',
  'irq_window_exits',
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
  'pf_guest',
  'invlpg',
  'mmu_shadow_zapped',
  'mmu_pte_write',
  'mmu_pte_updated',
  'mmu_pde_zapped',
  'mmu_flooded',
  'mmu_recycled',
  'mmu_cache_miss',
  'mmu_unsync',
  'kvm_fast_mmio',
  'pf_host',
  'pf_trap_not_present',
  'pf_direct',
  'mmu_reshadowed',
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
