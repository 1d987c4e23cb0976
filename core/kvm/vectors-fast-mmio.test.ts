import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../test/driver/kvm-machine.ts';
import { FLAG_LOCK, OP } from '../guest/instruction.ts';

/** Vectors 73 to 86 and 177 to 180 of the project's list of KVM vectors: what only EPT or NPT can show. */
const A = 0x3000_0000n;

/** A machine with a zero-length ioeventfd at A whose page was touched once. */
function primed(options: ConstructorParameters<typeof KvmMachine>[0] = {}) {
  const m = new KvmMachine(options);
  const bell = m.eventfd(A, 0);
  m.write(A, 4, 1n);
  m.recorder.on = true;
  m.exits.length = 0;
  return { m, bell };
}

describe('EPT', () => {
  it('73: the first touch is a violation, emulated, and the MMIO-bus twin fires', () => {
    const m = new KvmMachine();
    const bell = m.eventfd(A, 0);
    m.recorder.on = true;
    expect(m.write(A, 4, 1n)).toBe('done');
    expect(m.signals(bell)).toBe(1);
    expect(m.exits).toEqual([]);
    const events = m.events();
    expect(events).not.toContain('kvm_fast_mmio');
    expect(events).toEqual(
      expect.arrayContaining(['kvm_page_fault', 'mark_mmio_spte', 'kvm_emulate_insn', 'kvm_mmio']),
    );
    expect(m.took('handle_ept_violation')).toBe(1);
    expect(m.took('make_mmio_spte')).toBe(1);
    expect(m.stat('pf_mmio_spte_created')).toBe(1);
  });

  it('74: the second write is a misconfiguration and a fast kick, without emulation', () => {
    const { m, bell } = primed();
    expect(m.write(A, 4, 1n)).toBe('done');
    expect(m.signals(bell)).toBe(2);
    expect(m.events()).toContain('kvm_fast_mmio');
    expect(m.took('handle_ept_misconfig')).toBe(1);
    expect(m.took('x86_emulate_instruction')).toBe(0);
    expect(m.vcpu.emulator.stat[0]).toBe(1);
  });

  it('75: a read signals, the register keeps its value, nobody in userspace sees it', () => {
    const { m, bell } = primed();
    expect(m.read(A, 4)).toBeUndefined();
    expect(m.signals(bell)).toBe(2);
    expect(m.exits).toEqual([]);
  });

  it('76: a locked add signals and is skipped as a whole', () => {
    const { m, bell } = primed();
    m.run(OP.ADD, A, 4, 5n, (insn) => (insn.flags = FLAG_LOCK));
    expect(m.signals(bell)).toBe(2);
    expect(m.insn.resultWritten).toBe(0);
    expect(m.exits).toEqual([]);
  });

  it('77: another address of the page misses FAST_MMIO and exits', () => {
    const { m, bell } = primed();
    m.write(A + 8n, 4, 7n);
    expect(m.signals(bell)).toBe(1);
    expect(m.exits).toMatchObject([{ kind: 'mmio-write', address: Number(A) + 8, size: 4, data: 7, ripPast: 1 }]);
    expect(m.took('kvm_io_bus_write')).toBe(2);
  });

  it('78: a length-4 ioeventfd is never a fast kick', () => {
    const m = new KvmMachine();
    const bell = m.eventfd(A, 4);
    m.recorder.on = true;
    for (let i = 0; i < 5; i++) m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(5);
    expect(m.events()).not.toContain('kvm_fast_mmio');
  });

  it('79: FAST_MMIO is not asked while L2 runs', () => {
    const { m, bell } = primed();
    m.vcpu.guestMode = 1;
    m.write(A, 4, 1n);
    expect(m.events()).not.toContain('kvm_fast_mmio');
    expect(m.signals(bell)).toBe(2);
  });

  it('80: KVM in a VM skips by decoding, which counts as an emulation', () => {
    const { m } = primed({ policy: { underHypervisor: true }, silicon: { misconfigFillsInsnLen: false } });
    const before = m.vcpu.emulator.stat[0]!;
    expect(m.write(A, 4, 1n)).toBe('done');
    expect(m.events()).toContain('kvm_fast_mmio');
    expect(m.vcpu.emulator.stat[0]).toBe(before + 1);
    expect(m.took('x86_decode_insn')).toBe(1);
    expect(m.took('x86_emulate_insn')).toBe(0);
  });

  it('80 before 4.15: RIP is advanced by a length nobody set', () => {
    const { m, bell } = primed({
      kernel: '4.2',
      policy: { underHypervisor: true },
      silicon: { misconfigFillsInsnLen: false },
    });
    expect(m.write(A, 4, 1n)).toBe('error');
    expect(m.vcpu.error).toBe('skip-by-garbage');
    expect(m.signals(bell)).toBe(2);
  });

  it('84: without MMIO caching every access is a violation', () => {
    const { m, bell } = primed({ policy: { mmioCaching: false } });
    for (let i = 0; i < 3; i++) {
      m.write(A, 4, 1n);
      expect(m.took('handle_ept_violation')).toBe(1);
      expect(m.took('kvm_handle_noslot_fault')).toBe(1);
      expect(m.took('make_mmio_spte')).toBe(0);
    }
    expect(m.signals(bell)).toBe(4);
    expect(m.events()).not.toContain('kvm_fast_mmio');
  });

  it('85: a page-crossing write kicks and its RAM half is lost', () => {
    const m = new KvmMachine();
    m.slot(0, A - 0x1000n, 1);
    const bell = m.eventfd(A, 0);
    m.write(A, 4, 1n);
    m.read(A - 4n, 4);
    expect(m.write(A - 4n, 8, 0x1111_2222_3333_4444n)).toBe('done');
    expect(m.signals(bell)).toBe(2);
    expect(m.read(A - 4n, 4)).toBe(0n);
  });

  it.each(['7.0', '4.2'])('86: delivery of an event through cached MMIO on %s', (kernel) => {
    const { m } = primed({ kernel });
    const exit = { ...m.cpu.exit, reason: 49, gpaHi: 0, gpaLo: Number(A) + 64, vectoring: 1, instructionLength: 3 };
    const outcome = m.vcpu.handleExit(exit, m.insn);
    expect(outcome).toBe(kernel === '7.0' ? 0 : 3);
    expect(m.vcpu.error).toBe(kernel === '7.0' ? 'none' : 'internal-error-delivery');
    expect(m.exits).toEqual([]);
  });
});

describe('NPT', () => {
  const nrip = { nripOnNpf: true };

  it.each([
    ['6.19', false],
    ['7.0', true],
  ])('81: the second write on %s: fast %s', (kernel, fast) => {
    const { m, bell } = primed({ mmu: 'npt', kernel, silicon: nrip });
    m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(2);
    expect(m.events().includes('kvm_fast_mmio')).toBe(fast);
    expect(m.took('x86_emulate_instruction')).toBe(fast ? 0 : 1);
  });

  it('82: next RIP 0 takes the slow path, without asking the bus', () => {
    const { m, bell } = primed({ mmu: 'npt', silicon: { nripOnNpf: false } });
    m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(2);
    expect(m.events()).not.toContain('kvm_fast_mmio');
    expect(m.took('kvm_io_bus_write')).toBe(1);
  });

  it('83: with 52 physical address bits there is no reserved bit: never present, never fast', () => {
    const { m, bell } = primed({ mmu: 'npt', cpu: { maxphyaddr: 52 }, silicon: nrip });
    for (let i = 0; i < 3; i++) {
      m.write(A, 4, 1n);
      expect(m.took('kvm_handle_noslot_fault')).toBe(1);
    }
    expect(m.signals(bell)).toBe(4);
    expect(m.events()).not.toContain('kvm_fast_mmio');
  });
});

describe.each(['ept', 'npt'] as const)('the RFC of 2015 on %s', (mmu) => {
  const RO = 2;
  const rfc = (violationHook: 'head' | 'head-write-only' | 'bad-page') => {
    const m = new KvmMachine({ mmu, kernel: '4.2', policy: { violationHook }, silicon: { nripOnNpf: true } });
    m.slot(1, A, 16, { flags: RO });
    return { m, bell: m.eventfd(A, 0) };
  };

  it('177: a read of the doorbell signals and is swallowed', () => {
    const { m, bell } = rfc('head');
    expect(m.read(A, 4)).toBeUndefined();
    expect(m.signals(bell)).toBe(1);
  });

  it('177: with a write-bit test the read sees memory', () => {
    const { m, bell } = rfc('head-write-only');
    expect(m.read(A, 4)).toBe(0n);
    m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(1);
    expect(m.read(A, 4)).toBe(0n);
  });

  it('178: ordinary faults pay one probe of the empty bus and are served as before', () => {
    const m = new KvmMachine({ mmu, kernel: '4.2', policy: { violationHook: 'head' } });
    m.slot(0, 0n, 64);
    m.write(0x5000n, 8, 42n);
    expect(m.took('kvm_io_bus_write')).toBe(1);
    expect(m.took('kvm_io_bus_cmp')).toBe(0);
    expect(m.read(0x5000n, 8)).toBe(42n);
  });

  it('179: the page is never mapped while only the doorbell is accessed', () => {
    const { m, bell } = rfc('head');
    for (let i = 0; i < 5; i++) m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(5);
    expect(m.stat('pages_4k')).toBe(0);
    expect(m.read(A + 64n, 4)).toBe(0n);
    expect(m.stat('pages_4k')).toBe(1);
    expect(m.read(A, 4)).toBe(0n);
    expect(m.signals(bell)).toBe(5);
  });

  it('alternative A: the probe in the bad-page path sees writes only, and memory stays as it was', () => {
    const { m, bell } = rfc('bad-page');
    expect(m.read(A, 4)).toBe(0n);
    m.write(A, 4, 1n);
    expect(m.signals(bell)).toBe(1);
    expect(m.took('x86_emulate_instruction')).toBe(0);
    expect(m.took('kvm_handle_error_pfn')).toBe(1);
    expect(m.read(A, 4)).toBe(0n);
  });
});

it('alternative B: a write-mostly region exits for reads, which come from memory beside the doorbell', () => {
  const m = new KvmMachine({ policy: { readOnlySlotSpte: 'reserved-write-mostly' } });
  m.slot(1, A, 16, { flags: 2 });
  m.kvm.memory.setWord(m.kvm.ram.frame(Number(A >> 12n), false), 2, 0x1234);
  const bell = m.eventfd(A, 0);
  m.write(A, 4, 1n);
  m.write(A, 4, 1n);
  expect(m.signals(bell)).toBe(2);
  expect(m.took('x86_emulate_instruction')).toBe(0);
  expect(m.read(A + 8n, 4)).toBe(0x1234n);
  expect(m.lastVmExits).toBe(1);
  expect(m.exits).toEqual([]);
  expect(m.read(A, 4)).toBeUndefined();
  expect(m.signals(bell)).toBe(3);
});

it.each([
  ['3.15', 1],
  ['4.2', 0],
])('180: on %s the first, slow kick of a zero-length ioeventfd makes %i exits to userspace', (kernel, exits) => {
  const m = new KvmMachine({ kernel });
  const bell = m.eventfd(A, 0);
  m.write(A, 4, 1n);
  expect(m.exits.length).toBe(exits);
  m.write(A, 4, 1n);
  expect(m.signals(bell)).toBe(2 - exits);
});
