import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../test/driver/kvm-machine.ts';
import { OP } from '../guest/instruction.ts';

/** Flows F1 to F12, F17, F18 and F20 (docs/glossary.md, flow): the steps each takes, and those it must not take. */
const A = 0x3000_0000n;

const KERNEL_WORK = /^(?!hw|guest|walk|vcpu_enter|vcpu_run|vmx_|svm_|srcu_|handle_exit_irqoff|kvm_load)/;

/** Steps between prologue and epilogue, equal neighbours merged, in order. */
const handler = (m: KvmMachine): string[] =>
  m.lastSteps
    .filter(({ name }) => KERNEL_WORK.test(name))
    .map(({ name, times }) => (times === 1 ? name : `${name} x${times}`));

const HIT = ['kvm_io_bus_write', 'kvm_io_bus_cmp x2', 'kvm_iodevice_write', 'ioeventfd_write', 'eventfd_signal'];
const EMULATOR = ['x86_emulate_instruction', 'x86_decode_insn.fetch', 'x86_decode_insn', 'x86_emulate_insn'];
const OPERAND = ['emulator_read_write', 'emulator_read_write_onepage', 'vcpu_mmio_gva_to_gpa', 'vcpu_mmio_write'];
/** How every EPT violation begins. */
const VIOLATION = ['handle_ept_violation', 'kvm_mmu_page_fault', 'kvm_tdp_page_fault', 'kvm_vcpu_gfn_to_memslot'];

describe('a kick between prologue and epilogue', () => {
  const kicked = (options: ConstructorParameters<typeof KvmMachine>[0]) => {
    const m = new KvmMachine(options);
    m.eventfd(A, 0);
    m.eventfd(A + 64n, 4);
    m.eventfd(0x500n, 1, { pio: true });
    m.write(A, 4, 1n);
    return m;
  };

  it('F1: fast on EPT', () => {
    const m = kicked({});
    m.write(A, 4, 1n);
    expect(handler(m)).toEqual(['handle_ept_misconfig', ...HIT, 'skip_emulated_instruction']);
    expect(m.took('hw.vmread')).toBe(7);
  });

  it('F1n: fast, KVM itself in a VM', () => {
    const m = kicked({ policy: { underHypervisor: true }, silicon: { misconfigFillsInsnLen: false } });
    m.write(A, 4, 1n);
    expect(handler(m)).toEqual(['handle_ept_misconfig', ...HIT, ...EMULATOR.slice(0, 3), 'skip_emulated_instruction']);
  });

  it('F2: fast on NPT', () => {
    const m = kicked({ mmu: 'npt', silicon: { nripOnNpf: true } });
    m.write(A, 4, 1n);
    expect(handler(m)).toEqual(['npf_interception', ...HIT, 'skip_emulated_instruction']);
  });

  it.each([
    ['7.0', ['kvm_mmu_page_fault']],
    ['4.2', []],
  ])('F3: by length on %s', (kernel, pageFault) => {
    const m = kicked({ kernel });
    m.write(A + 64n, 4, 1n);
    const names = handler(m).filter((name) => !name.startsWith('kvm_io_bus_cmp'));
    expect(names).toEqual([
      'handle_ept_misconfig',
      'kvm_io_bus_write',
      ...pageFault,
      'handle_mmio_page_fault',
      ...EMULATOR,
      ...OPERAND,
      ...HIT.filter((name) => !name.startsWith('kvm_io_bus_cmp')),
      'emulator_commit',
    ]);
  });

  it('F4: to userspace', () => {
    const m = kicked({});
    m.write(A + 128n, 4, 1n);
    expect(handler(m).slice(-6)).toEqual([
      'mmio_fragment',
      'emulator_commit',
      'kvm_vcpu_ioctl.return',
      'userspace.dispatch_mmio',
      'kvm_vcpu_ioctl.entry',
      'complete_emulated_mmio',
    ]);
  });

  it.each(['ept', 'npt'] as const)('F17: by port on %s', (mmu) => {
    const m = kicked({ mmu });
    m.run(OP.OUT, 0x500n, 1, 1n);
    expect(handler(m)).toEqual(['handle_io', 'kvm_fast_pio', ...HIT, 'skip_emulated_instruction']);
  });

  it('F18: by port to userspace', () => {
    const m = kicked({});
    m.run(OP.OUT, 0x501n, 1, 1n);
    expect(handler(m).slice(-4)).toEqual([
      'kvm_vcpu_ioctl.return',
      'userspace.dispatch_pio',
      'kvm_vcpu_ioctl.entry',
      'skip_emulated_instruction',
    ]);
  });

  it('an indirect call goes through a retpoline where that mitigation is on', () => {
    const m = kicked({ kernel: '4.15', mitigations: ['retpoline'] });
    const withPointers = 11;
    m.write(A, 4, 1n);
    expect(m.took('mitigation.retpoline')).toBe(withPointers + 1);
    m.write(A + 64n, 4, 1n);
    expect(m.took('mitigation.retpoline')).toBe(withPointers + 1 + 10);
  });

  it('L1D is flushed before the entry after an emulation only', () => {
    const m = kicked({ mitigations: ['l1d-flush'] });
    m.write(A, 4, 1n);
    expect(m.took('mitigation.l1d_flush')).toBe(0);
    m.write(A + 64n, 4, 1n);
    expect(m.took('mitigation.l1d_flush')).toBe(1);
  });

  it('the frame is whole: one hardware exit, one entry, SRCU taken and dropped', () => {
    const m = kicked({});
    m.write(A + 64n, 4, 1n);
    for (const name of ['hw.vmexit', 'hw.vmentry', 'srcu_read_lock', 'srcu_read_unlock', 'vcpu_run'] as const)
      expect(m.took(name)).toBe(1);
  });
});

describe('the fault path, step by step', () => {
  it('F7: first touch of an MMIO page', () => {
    const m = new KvmMachine();
    m.eventfd(A, 4);
    m.write(A, 4, 1n);
    expect(handler(m)).toEqual([
      ...VIOLATION,
      'mmu_topup_memory_caches',
      'kvm_handle_noslot_fault',
      'vcpu_cache_mmio_info',
      'mmu_lock.read',
      'kvm_tdp_mmu_map x4',
      'tdp_mmu_link_sp x3',
      'make_mmio_spte',
      ...EMULATOR,
      ...OPERAND,
      ...HIT,
      'emulator_commit',
    ]);
  });

  it('F9: RAM not present', () => {
    const m = new KvmMachine();
    m.slot(0, 0n, 64);
    m.write(0x1000n, 4, 1n);
    expect(handler(m)).toEqual([
      ...VIOLATION,
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
      ...VIOLATION,
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
      ...VIOLATION,
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
