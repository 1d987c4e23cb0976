import { describe, expect, it } from 'vitest';
import { parseConfigurations } from './configurations.ts';
import type { PricedPath } from './pricing.ts';
import type { PathResult, RunResult } from './result.ts';
import { SHADOW_KINDS, shadowAccount, shadowCounts, shadowKindOf } from './shadow-costs.ts';

const path = (...names: string[]): PathResult => ({ steps: names.map((name) => [name, 1]), count: 1 }) as PathResult;

describe('the kind of a path', () => {
  it.each([
    ['an access without an exit', ['guest.read', 'walk.guest_l1'], 'noExit'],
    ['a fault that the CPU delivers itself', ['walk.guest_l1', 'guest.pf_delivery'], 'faultDirect'],
    ['a fault that KVM gives back', ['hw.vmexit', 'paging64_page_fault', 'kvm_inject_page_fault'], 'faultInjected'],
    ['a fault of KVM’s own', ['hw.vmexit', 'paging64_page_fault'], 'hostFault'],
    [
      'an emulated write to a table, 2.6.26',
      ['hw.vmexit', 'paging64_page_fault', 'x86_emulate_insn', 'kvm_mmu_pte_write'],
      'pteWrite',
    ],
    ['and today', ['hw.vmexit', 'paging64_page_fault', 'x86_emulate_insn', 'kvm_mmu_track_write'], 'pteWrite'],
    [
      'a write that releases the table',
      ['hw.vmexit', 'paging64_page_fault', 'kvm_mmu_unprotect_gfn_and_retry'],
      'pteWrite',
    ],
    [
      'a dirty bit that 2.6.26 tells itself of, nothing emulated',
      ['hw.vmexit', 'paging64_page_fault', 'kvm_mmu_pte_write'],
      'hostFault',
    ],
    ['a write to a device', ['hw.vmexit', 'paging64_page_fault', 'x86_emulate_insn', 'vcpu_mmio_write'], 'mmio'],
    ['INVLPG on Intel', ['hw.vmexit', 'handle_invlpg'], 'invlpg'],
    ['INVLPG on AMD', ['hw.vmexit', 'invlpg_interception'], 'invlpg'],
    ['MOV to CR3', ['hw.vmexit', 'handle_cr', 'kvm_set_cr3'], 'controlRegister'],
    ['CPUID', ['hw.vmexit', 'kvm_emulate_cpuid'], 'otherExit'],
  ] as const)('%s', (_what, steps, kind) => expect(shadowKindOf(path(...steps))).toBe(kind));

  it('is that of the first exit that fits where there are two', () => {
    const both = path('hw.vmexit', 'handle_invlpg', 'kvm_inject_page_fault');
    expect(shadowKindOf(both)).toBe('faultInjected');
  });
});

function resultOf(mmu: string, stats: Record<string, number>): RunResult {
  const configurations = parseConfigurations({
    mmus: [mmu],
    cpus: ['haswell'],
    kernels: ['7.0'],
    designs: ['userspace'],
  });
  if (!configurations.ok) throw new Error(configurations.error);
  return { configuration: configurations.value[0]!, stats } as unknown as RunResult;
}

const priced = (names: readonly string[], count: number, value: number): PricedPath =>
  ({ path: { ...path(...names), count }, cycles: { value, low: value / 2, high: value * 2 } }) as unknown as PricedPath;

describe('the account of a run', () => {
  const STATS = { pf_direct: 7, pf_guest: 2, pf_trap_not_present: 1, pf_host: 5, mmu_flooded: 3, mmu_reshadowed: 2 };
  const paths = [
    priced(['guest.read'], 10, 4),
    priced(['hw.vmexit', 'kvm_inject_page_fault'], 2, 3000),
    priced(['hw.vmexit', 'kvm_inject_page_fault', 'guest.iret'], 1, 4000),
  ];

  it('takes counts from KVM and the CPU, and what they do not count as 0', () => {
    expect(shadowCounts({ stats: STATS })).toEqual({
      faultsDirect: 7,
      faultsInjected: 2,
      trapNotPresent: 1,
      hostFaults: 5,
      pteWrites: 0,
      floods: 3,
      zapped: 0,
      reshadowed: 2,
    });
  });

  it('adds up the cycles of each kind, all three bounds, every access once', () => {
    const { costs } = shadowAccount(resultOf('shadow', STATS), paths)!;
    expect(costs.faultInjected).toEqual({ accesses: 3, cycles: { value: 10000, low: 5000, high: 20000 } });
    expect(costs.noExit).toEqual({ accesses: 10, cycles: { value: 40, low: 20, high: 80 } });
    expect(SHADOW_KINDS.reduce((sum, kind) => sum + costs[kind].accesses, 0)).toBe(13);
  });

  it('is none with EPT', () => expect(shadowAccount(resultOf('ept', STATS), paths)).toBeNull());
});
