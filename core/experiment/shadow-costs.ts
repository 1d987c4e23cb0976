import type { Bounds, PricedPath } from './pricing.ts';
import type { PathResult, RunResult } from './result.ts';

/** Kinds of accesses that shadow paging is judged by, in the order in which they are looked for: a path with two exits is of the first kind. */
export const SHADOW_KINDS = [
  'faultDirect',
  'faultInjected',
  'pteWrite',
  'mmio',
  'hostFault',
  'invlpg',
  'controlRegister',
  'otherExit',
  'noExit',
] as const;

export type ShadowKind = (typeof SHADOW_KINDS)[number];

export interface ShadowCost {
  readonly accesses: number;
  /** Cycles of all of them. */
  readonly cycles: Bounds;
}

/** What a run's page faults were and what became of its page-table writes. Counts are exact. */
export interface ShadowCounts {
  /** #PF that the CPU delivered to the guest itself. */
  readonly faultsDirect: number;
  /** #PF that exited and that KVM gave back to the guest. */
  readonly faultsInjected: number;
  /** Of these, those on an entry marked "trap" whose guest entry was not present after all (bypass_guest_pf). */
  readonly trapNotPresent: number;
  /** #PF exits that the guest's own tables had no part in; writes to shadowed tables are among them. */
  readonly hostFaults: number;
  /** Writes to guest tables that the emulator carried out. */
  readonly pteWrites: number;
  /** Shadowed tables that were written so often that KVM gave them up. */
  readonly floods: number;
  /** Shadow pages zapped, for whatever reason. */
  readonly zapped: number;
  /** Shadow pages made again for a guest frame that had been shadowed before. */
  readonly reshadowed: number;
}

export interface ShadowAccount {
  readonly counts: ShadowCounts;
  readonly costs: Readonly<Record<ShadowKind, ShadowCost>>;
}

const STEPS_OF_MMIO = ['vcpu_mmio_write', 'vcpu_mmio_read', 'mmio_fragment'];

/** The kind of a path by the steps on it. */
export function shadowKindOf(path: PathResult): ShadowKind {
  const steps = new Set(path.steps.map(([name]) => name));
  const any = (names: readonly string[]): boolean => names.some((name) => steps.has(name));
  if (!steps.has('hw.vmexit')) return steps.has('guest.pf_delivery') ? 'faultDirect' : 'noExit';
  if (steps.has('kvm_inject_page_fault')) return 'faultInjected';
  // The MMU of 2.6.26 also tells itself of a dirty bit that it sets in a host fault: without emulation.
  const told = any(['kvm_mmu_pte_write', 'kvm_mmu_track_write']);
  if (any(STEPS_OF_MMIO)) return 'mmio';
  if ((told && steps.has('x86_emulate_insn')) || steps.has('kvm_mmu_unprotect_gfn_and_retry')) return 'pteWrite';
  if (steps.has('paging64_page_fault')) return 'hostFault';
  if (any(['handle_invlpg', 'invlpg_interception', 'handle_invpcid'])) return 'invlpg';
  return any(['handle_cr', 'cr_interception', 'kvm_set_cr0', 'kvm_set_cr3', 'kvm_set_cr4'])
    ? 'controlRegister'
    : 'otherExit';
}

/** The account of a run by its priced paths; null for a run without shadow paging. */
export function shadowAccount(result: RunResult, paths: readonly PricedPath[]): ShadowAccount | null {
  if (result.configuration.mmu !== 'shadow') return null;
  return { counts: shadowCounts(result), costs: costsOf(paths) };
}

/** The counts alone, which a run with EPT or NPT has too. */
export function shadowCounts({ stats }: Pick<RunResult, 'stats'>): ShadowCounts {
  const of = (name: string): number => stats[name] ?? 0;
  return {
    faultsDirect: of('pf_direct'),
    faultsInjected: of('pf_guest'),
    trapNotPresent: of('pf_trap_not_present'),
    hostFaults: of('pf_host'),
    pteWrites: of('mmu_pte_write'),
    floods: of('mmu_flooded'),
    zapped: of('mmu_shadow_zapped'),
    reshadowed: of('mmu_reshadowed'),
  };
}

function costsOf(paths: readonly PricedPath[]): Record<ShadowKind, ShadowCost> {
  const empty = () => ({ accesses: 0, cycles: { value: 0, low: 0, high: 0 } });
  const costs = Object.fromEntries(SHADOW_KINDS.map((kind) => [kind, empty()])) as Record<
    ShadowKind,
    ReturnType<typeof empty>
  >;
  for (const { path, cycles } of paths) {
    const cost = costs[shadowKindOf(path)];
    cost.accesses += path.count;
    cost.cycles.value += cycles.value * path.count;
    cost.cycles.low += cycles.low * path.count;
    cost.cycles.high += cycles.high * path.count;
  }
  return costs;
}
