import { describe, expect, it } from 'vitest';
import { KvmMachine, type MachineOptions } from '../../test/driver/kvm-machine.ts';
import {
  fastKickFlow,
  mmioKickFlow,
  mmioToUserspaceFlow,
  portKickFlow,
  portToUserspaceFlow,
  vmcallFlow,
  type FlowSetting,
} from '../cost/flows.ts';
import { POINTER_OPS, FIRST_FAST_MMIO, OUTER_SWAP, STATIC_OPS } from '../cost/epochs.ts';
import type { StepCount } from '../cost/paths.ts';
import { STEPS } from '../cost/steps.ts';
import { OP } from '../guest/instruction.ts';

/** Flows F1 to F12, F17, F18 and F20 of spec/kvm-semantics.md section 13: the steps each takes, and those it must not take. */
const A = 0x3000_0000n;

/**
 * What the lists of core/cost/flows.ts leave open: how the silicon walked, how many bus compares this VM needs, and the walks of guest
 * tables (the driver's guest has no paging).
 */
const OPEN = /^(guest|walk)\.|^kvm_io_bus_cmp$|^paging64_walk_addr$/;

function counted(steps: readonly { readonly name: string; readonly times: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, times } of steps) if (!OPEN.test(name)) counts[name] = (counts[name] ?? 0) + times;
  return counts;
}
const listed = (steps: readonly StepCount[]) =>
  counted(steps.map(({ step, times }) => ({ name: STEPS[step]!.name, times })));

describe('exits take the steps that the price lists were fitted on', () => {
  const kernels: [string, FlowSetting, MachineOptions][] = [
    ['Intel, 4.2', FIRST_FAST_MMIO('intel'), { kernel: '4.2' }],
    ['Intel, 4.15', POINTER_OPS('intel'), { kernel: '4.15' }],
    ['Intel, 6.18', STATIC_OPS('intel'), { kernel: '6.18' }],
    ['Intel, 7.0', OUTER_SWAP('intel'), { kernel: '7.0' }],
    ['Intel, 4.15, retpolines', POINTER_OPS('intel', ['retpoline']), { kernel: '4.15', mitigations: ['retpoline'] }],
    ['Intel, 6.18, L1D flush', STATIC_OPS('intel', ['l1d-flush']), { kernel: '6.18', mitigations: ['l1d-flush'] }],
    ['AMD, 6.18', STATIC_OPS('amd'), { kernel: '6.18', mmu: 'npt' }],
    ['AMD, 7.0', OUTER_SWAP('amd'), { kernel: '7.0', mmu: 'npt' }],
  ];

  it.each(kernels)('%s: hypercall, port kick, port to userspace', (_, setting, options) => {
    const m = new KvmMachine(options);
    m.eventfd(0x500n, 1, { pio: true });
    m.run(OP.VMCALL, 0n, 0, 0n);
    expect(counted(m.lastSteps)).toEqual(listed(vmcallFlow(setting)));
    m.run(OP.OUT, 0x500n, 1, 1n);
    expect(counted(m.lastSteps)).toEqual(listed(portKickFlow(setting)));
    m.run(OP.OUT, 0x501n, 1, 1n);
    expect(counted(m.lastSteps)).toEqual(listed(portToUserspaceFlow(setting)));
  });

  it.each(kernels.filter(([name]) => name.startsWith('Intel')))('%s: MMIO kicks', (_, setting, options) => {
    const m = new KvmMachine(options);
    m.eventfd(A, 0);
    m.eventfd(A + 64n, 4);
    m.write(A, 4, 1n);
    m.write(A, 4, 1n);
    expect(counted(m.lastSteps)).toEqual(listed(fastKickFlow(setting)));
    m.write(A + 64n, 4, 1n);
    expect(counted(m.lastSteps)).toEqual(listed(mmioKickFlow(setting)));
    m.write(A + 128n, 4, 1n);
    expect(counted(m.lastSteps)).toEqual(listed(mmioToUserspaceFlow(setting)));
  });
});

const KERNEL_WORK = /^(?!hw|guest|walk|vcpu_enter|vcpu_run|vmx_|svm_|srcu_|handle_exit_irqoff|kvm_load)/;

/** Steps between prologue and epilogue, equal neighbours merged, in order. */
const handler = (m: KvmMachine): string[] =>
  m.lastSteps
    .filter(({ name }) => KERNEL_WORK.test(name))
    .map(({ name, times }) => (times === 1 ? name : `${name} x${times}`));

describe('the fault path, step by step', () => {
  it('F7: first touch of an MMIO page', () => {
    const m = new KvmMachine();
    m.eventfd(A, 4);
    m.write(A, 4, 1n);
    expect(handler(m)).toEqual([
      'handle_ept_violation',
      'kvm_mmu_page_fault',
      'kvm_tdp_page_fault',
      'kvm_vcpu_gfn_to_memslot',
      'mmu_topup_memory_caches',
      'kvm_handle_noslot_fault',
      'vcpu_cache_mmio_info',
      'mmu_lock.read',
      'kvm_tdp_mmu_map x4',
      'tdp_mmu_link_sp x3',
      'make_mmio_spte',
      'x86_emulate_instruction',
      'x86_decode_insn.fetch',
      'x86_decode_insn',
      'x86_emulate_insn',
      'emulator_read_write',
      'emulator_read_write_onepage',
      'vcpu_mmio_gva_to_gpa',
      'vcpu_mmio_write',
      'kvm_io_bus_write',
      'kvm_io_bus_cmp x2',
      'kvm_iodevice_write',
      'ioeventfd_write',
      'eventfd_signal',
      'emulator_commit',
    ]);
  });

  it('F9: RAM not present', () => {
    const m = new KvmMachine();
    m.slot(0, 0n, 64);
    m.write(0x1000n, 4, 1n);
    expect(handler(m)).toEqual([
      'handle_ept_violation',
      'kvm_mmu_page_fault',
      'kvm_tdp_page_fault',
      'kvm_vcpu_gfn_to_memslot',
      'search_memslots',
      'mmu_topup_memory_caches',
      'kvm_faultin_pfn',
      'mmu_lock.read',
      'kvm_tdp_mmu_map x4',
      'tdp_mmu_link_sp x3',
      'tdp_mmu_map_handle_target_level',
    ]);
    m.write(0x2000n, 4, 1n);
    expect(m.took('tdp_mmu_link_sp')).toBe(0);
    expect(m.took('search_memslots')).toBe(0);
    m.write(0x2004n, 4, 1n);
    expect(m.lastVmExits).toBe(0);
  });

  it('F9 before the TDP MMU: a spinlock, and neighbours that the host has are prefetched', () => {
    const m = new KvmMachine({ kernel: '4.15' });
    m.slot(0, 0n, 64);
    for (let page = 0; page < 8; page++) m.kvm.ram.frame(page, true);
    m.write(0x1000n, 4, 1n);
    expect(m.took('mmu_lock.write')).toBe(1);
    expect(m.took('mmu_lock.read')).toBe(0);
    expect(m.took('direct_map')).toBe(4);
    expect(m.took('direct_pte_prefetch')).toBe(7);
    m.write(0x7000n, 4, 1n);
    expect(m.lastVmExits).toBe(0);
    m.write(0x8000n, 4, 1n);
    expect(m.lastVmExits).toBe(1);
  });

  it('F10: a dirty-log write fault takes no lock', () => {
    const m = new KvmMachine({ cpu: { pml: false } });
    m.slot(0, 0n, 64, { flags: 1 });
    m.write(0x1000n, 4, 1n);
    m.kvm.slotChanges.dirtyLogTaken(0, 0, 2);
    m.kvm.slotChanges.flushAfterDirtyLog();
    for (const vcpu of m.kvm.vcpus) vcpu.serveRequests();
    m.write(0x1000n, 4, 1n);
    expect(handler(m)).toEqual([
      'handle_ept_violation',
      'kvm_mmu_page_fault',
      'kvm_tdp_page_fault',
      'kvm_vcpu_gfn_to_memslot',
      'page_fault_handle_page_track',
      'fast_page_fault x4',
      'fast_pf_fix_direct_spte',
    ]);
  });

  it('F11: a write to a read-only slot walks, is emulated, and takes no lock; reads stay mapped', () => {
    const m = new KvmMachine();
    m.slot(0, A, 4, { flags: 2 });
    const bell = m.eventfd(A, 4);
    expect(m.read(A, 4)).toBe(0n);
    m.write(A, 4, 1n);
    expect(handler(m).slice(0, 8)).toEqual([
      'handle_ept_violation',
      'kvm_mmu_page_fault',
      'kvm_tdp_page_fault',
      'kvm_vcpu_gfn_to_memslot',
      'page_fault_handle_page_track',
      'fast_page_fault x4',
      'mmu_topup_memory_caches',
      'kvm_handle_error_pfn',
    ]);
    expect(m.took('emulator_read_emulated.ram')).toBe(1);
    expect(m.took('mmu_lock.read')).toBe(0);
    expect(m.signals(bell)).toBe(1);
    expect(m.read(A, 4)).toBe(0n);
    expect(m.lastVmExits).toBe(0);
  });

  it('F12: NPT before 7.0 emulates with the bytes of the exit', () => {
    const m = new KvmMachine({ mmu: 'npt', kernel: '6.19' });
    m.eventfd(A, 0);
    m.write(A, 4, 1n);
    m.write(A, 4, 1n);
    expect(handler(m).slice(0, 5)).toEqual([
      'npf_interception',
      'kvm_mmu_page_fault',
      'handle_mmio_page_fault',
      'x86_emulate_instruction',
      'x86_decode_insn',
    ]);
  });

  it('F6: a stale MMIO SPTE costs one full fault, then the cache answers', () => {
    const m = new KvmMachine();
    m.write(A, 4, 1n);
    m.slot(0, 0n, 16);
    m.write(A, 4, 1n);
    expect(handler(m).slice(0, 8)).toEqual([
      'handle_ept_misconfig',
      'kvm_io_bus_write',
      'kvm_mmu_page_fault',
      'handle_mmio_page_fault',
      'get_mmio_spte x4',
      'check_mmio_spte',
      'kvm_tdp_page_fault',
      'kvm_vcpu_gfn_to_memslot',
    ]);
    expect(m.took('mmu_lock.read')).toBe(1);
    m.write(A, 4, 1n);
    expect(m.took('get_mmio_spte')).toBe(0);
  });

  it('F5: a read from userspace is carried out again without decoding', () => {
    const m = new KvmMachine();
    m.answer = 0x55;
    expect(m.read(A, 4)).toBe(0x55n);
    expect(m.took('x86_emulate_instruction')).toBe(2);
    expect(m.took('x86_decode_insn')).toBe(1);
    expect(m.exits).toMatchObject([{ kind: 'mmio-read', ripPast: 0 }]);
  });
});

it.each([
  ['ept', 0],
  ['ept', 4],
  ['npt', 0],
] as const)('a kick on %s with an ioeventfd of length %i leaves the machine as it found it', (mmu, length) => {
  const m = new KvmMachine({ mmu });
  m.eventfd(A, length);
  for (let i = 0; i < 8; i++) m.write(A, 4, 1n);
  const before = m.state.snapshot();
  m.memory.changed[0] = 0;
  m.write(A, 4, 1n);
  expect(m.state.sameState(before)).toBe(true);
  expect(m.memory.changed[0]).toBe(0);
});

it.each(['ept', 'npt'] as const)('five-level nested tables on %s are walked and filled to the fifth', (mmu) => {
  const m = new KvmMachine({ mmu, nestedLevels: 5 });
  m.slot(0, 0n, 64);
  m.write(0x1000n, 4, 9n);
  expect([m.took('kvm_tdp_mmu_map'), m.took('tdp_mmu_link_sp')]).toEqual([5, 4]);
  expect(m.read(0x1000n, 4)).toBe(9n);
  m.write(A, 4, 1n);
  m.write(A + 0x1000n, 4, 1n);
  m.write(A, 4, 1n);
  expect(m.took('get_mmio_spte')).toBe(5);
});

it.each([
  ['4.15', 0],
  ['6.18', 1],
])('on %s an emulation for which AMD hands over no bytes ends %i times', (kernel, emulations) => {
  const m = new KvmMachine({ mmu: 'npt', kernel, emptyInsnBuffer: true });
  if (emulations === 0) expect(() => m.write(A, 4, 1n)).toThrow('never ends');
  else {
    m.write(A, 4, 1n);
    expect(m.took('x86_decode_insn.fetch')).toBe(1);
  }
});
