import { describe, expect, it } from 'vitest';
import { drive, type DriveOptions, memslot } from '../../test/driver/machine-driver.ts';

/** Which way a kick takes, seen from outside: exits, KVM's statistics, steps. Numbers are those of KVM vectors (docs/glossary.md). */
const MIB = 1 << 20;
const machine = (options: DriveOptions) =>
  drive(options)
    .ram(0, 16 * MIB)
    .doorbell('kick');

/** A machine whose doorbell page and RAM page were touched. */
function primed(options: DriveOptions) {
  return machine(options).run((d) => d.write32(64, 1).kick());
}

describe('FAST_MMIO on EPT', () => {
  it('73: the first touch is a violation, emulated, and the MMIO-bus twin fires', () => {
    // Without guest paging there are no page tables whose own first touch would be seen too.
    const d = machine({ design: 'fast-mmio' }).paging('none').start();
    const first = d.during(() => d.kick());
    expect(first.exits).toEqual({ EPT_VIOLATION: 1 });
    expect(first.eventfds).toEqual({ kick: 1 });
    expect(first.stats).toMatchObject({ pf_mmio_spte_created: 1, insn_emulation: 1 });
    expect(first.stats).not.toHaveProperty('kvm_fast_mmio');
    expect(first.steps).toMatchObject({ make_mmio_spte: 1, 'mmu_lock.read': 1, x86_decode_insn: 1 });
    d.expectNoDivergence();
  });

  it('74: the second is a misconfiguration, fast, without emulation', () => {
    const d = primed({ design: 'fast-mmio' });
    const second = d.during(() => d.kick());
    expect(second.exits).toEqual({ EPT_MISCONFIG: 1 });
    expect(second.stats).toEqual({ exits: 1, kvm_fast_mmio: 1 });
    expect(second.eventfds).toEqual({ kick: 1 });
    expect(second.steps).not.toHaveProperty('x86_emulate_instruction');
    d.expectNoDivergence();
  });

  it('77: a write beside the doorbell misses it and goes to userspace', () => {
    const d = primed({ design: 'fast-mmio' });
    const beside = d.during(() => d.write32(0xe000_0008, 1));
    expect(beside.exits).toEqual({ EPT_MISCONFIG: 1 });
    expect(beside.stats).toEqual({ exits: 1, insn_emulation: 1, mmio_exits: 1 });
    expect(beside.userspaceExits).toBe(1);
    expect(beside.eventfds).toEqual({});
    d.expectNoDivergence();
  });

  it.each(['wildcard', 'datamatch', 'userspace'])('78: %s never takes it', (design) => {
    const d = primed({ design });
    expect(d.during(() => d.repeat(100, () => d.kick())).stats).not.toHaveProperty('kvm_fast_mmio');
    expect(d.stat('kvm_fast_mmio')).toBe(0);
    d.expectNoDivergence();
  });

  it('80: in a KVM that runs under another, the kick is skipped by decoding', () => {
    const nested = primed({ design: 'fast-mmio', nestedHost: true });
    const kick = nested.during(() => nested.kick());
    expect(kick.stats).toEqual({ exits: 1, kvm_fast_mmio: 1, insn_emulation: 1 });
    expect(kick.steps).toMatchObject({ x86_decode_insn: 1 });
    nested.expectNoDivergence();
    const old = machine({ design: 'fast-mmio', nestedHost: true, kernel: '4.2' }).run((d) => d.kick().kick());
    expect(old.machine.problem?.text).toContain('length');
  });
});

describe('FAST_MMIO on NPT', () => {
  const second = (options: DriveOptions) => {
    const d = primed({ mmu: 'npt', ...options });
    const seen = d.during(() => d.kick());
    d.expectNoDivergence();
    expect(seen.exits).toEqual({ NPF: 1 });
    expect(seen.eventfds).toEqual({ kick: 1 });
    return seen;
  };

  it('81: with 7.0 and a next RIP the second write is fast', () => {
    expect(second({ design: 'svm-fast-mmio' }).stats).toEqual({ exits: 1, kvm_fast_mmio: 1 });
  });

  it('81: with 6.19 it is emulated', () => {
    const d = drive({ mmu: 'npt', kernel: '6.19', switches: { nripOnNpf: true } })
      .ram(0, 16 * MIB)
      .map(0xe000_0000)
      .ioeventfd('kick', 0xe000_0000, 0)
      .run((m) => m.write32(0xe000_0000, 1));
    const seen = d.during(() => d.write32(0xe000_0000, 1));
    expect(seen.stats).toEqual({ exits: 1, insn_emulation: 1 });
    expect(seen.eventfds).toEqual({ kick: 1 });
    d.expectNoDivergence();
  });

  it('82: without a next RIP it is emulated', () => {
    expect(second({ design: 'svm-fast-mmio-no-nrip' }).stats).toEqual({ exits: 1, insn_emulation: 1 });
    expect(second({ design: 'svm-fast-mmio', switches: { nripOnNpf: false } }).stats).toHaveProperty('insn_emulation');
  });

  it.each([
    ['83: MAXPHYADDR 52', { mmu: 'npt', design: 'svm-fast-mmio', switches: { maxphyaddr: 52 } }],
    ['84: mmio_caching=N', { mmu: 'npt', design: 'svm-fast-mmio', switches: { mmioCaching: false } }],
    ['84: mmio_caching=N', { mmu: 'ept', design: 'fast-mmio', switches: { mmioCaching: false } }],
  ] as const)('%s: every write is a fault on a missing entry', (_name, options) => {
    const d = primed(options);
    for (let i = 0; i < 3; i++) {
      const seen = d.during(() => d.kick());
      expect(seen.stats).toMatchObject({ exits: 1, pf_taken: 1, insn_emulation: 1 });
      expect(seen.stats).not.toHaveProperty('pf_mmio_spte_created');
      expect(seen.exits).toEqual(options.mmu === 'ept' ? { EPT_VIOLATION: 1 } : { NPF: 1 });
      expect(seen.eventfds).toEqual({ kick: 1 });
    }
    d.expectNoDivergence();
  });
});

describe('a change of the memslots after the doorbell was touched', () => {
  const other = memslot(9, 0x8000_0000, MIB);
  const fast: DriveOptions[] = [
    { mmu: 'ept', design: 'fast-mmio' },
    { mmu: 'npt', design: 'svm-fast-mmio' },
  ];

  it.each(fast)('143: CREATE leaves the kick fast: $mmu/$design', (options) => {
    const d = primed(options);
    expect(d.host(other)).toBe(0);
    expect(d.during(() => d.kick()).stats).toEqual({ exits: 1, kvm_fast_mmio: 1 });
    d.expectNoDivergence();
  });

  it.each(fast)('144: DELETE zaps everything: one slow kick, then fast ones: $mmu/$design', (options) => {
    const d = primed(options);
    d.host(other);
    expect(d.host(memslot(9, 0x8000_0000, 0))).toBe(0);
    d.write32(64, 2);
    const first = d.during(() => d.kick());
    expect(first.stats).toMatchObject({ pf_mmio_spte_created: 1, insn_emulation: 1 });
    expect(first.stats).not.toHaveProperty('kvm_fast_mmio');
    expect(d.during(() => d.kick()).stats).toEqual({ exits: 1, kvm_fast_mmio: 1 });
    d.expectNoDivergence();
  });

  it.each([
    { mmu: 'ept', design: 'wildcard' },
    { mmu: 'npt', design: 'wildcard' },
    { mmu: 'ept', design: 'userspace' },
    { mmu: 'npt', design: 'userspace' },
  ] as const)('146: CREATE makes one slow access refresh the entry: $mmu/$design', (options) => {
    const d = primed(options);
    d.host(other);
    const first = d.during(() => d.kick());
    expect(first.stats).toMatchObject({ exits: 1, pf_taken: 1, pf_mmio_spte_created: 1 });
    expect(first.steps).toMatchObject({ check_mmio_spte: 1, make_mmio_spte: 1 });
    const second = d.during(() => d.kick());
    expect(second.stats).toMatchObject({ exits: 1, insn_emulation: 1 });
    expect(second.stats).not.toHaveProperty('pf_taken');
    d.expectNoDivergence();
  });
});

describe('178: the probe at the head of the violation handler', () => {
  it.each(['ept', 'npt'] as const)('%s: one empty look-up for each ordinary violation, and nothing else', (mmu) => {
    const touch = (design: string) =>
      drive({ mmu, design })
        .ram(0, 16 * MIB)
        .run((d) => {
          for (let page = 0; page < 500; page++) d.write32(page * 4096, page);
        })
        .result();
    const plain = touch('ro-emulated');
    const probed = touch('rfc-violation');
    const faults = plain.stats['pf_taken']!;
    expect(faults).toBeGreaterThan(500);
    expect(probed.stats).toEqual(plain.stats);
    expect(probed.exits).toEqual(plain.exits);
    const times = (result: typeof plain, step: string) =>
      result.paths.reduce((n, p) => n + p.count * p.steps.reduce((m, [s, t]) => m + (s === step ? t : 0), 0), 0);
    expect(times(plain, 'kvm_io_bus_write')).toBe(0);
    expect(times(probed, 'kvm_io_bus_write')).toBe(faults);
    expect(probed.divergences).toEqual([]);
  });
});

describe('a doorbell in a read-only slot', () => {
  it.each(['3.14', '3.15', '4.2', '7.0'])('%s: has a slot number that this kernel takes', (kernel) => {
    const d = primed({ kernel, design: 'ro-emulated' });
    expect(d.result().notes).toEqual([]);
    expect(d.during(() => d.readBell().readBell()).userspaceExits).toBe(0);
    d.expectNoDivergence();
  });
});

describe('147: the generation that MMIO entries keep', () => {
  it.each([
    { mmu: 'ept', design: 'wildcard' },
    { mmu: 'npt', design: 'userspace' },
  ] as const)('wraps after 75 changes on 4.2, and everything is zapped once: $mmu/$design', (options) => {
    const d = primed({ ...options, kernel: '4.2' });
    const zaps = (): number =>
      d
        .result()
        .hostPaths.reduce(
          (n, { steps, count }) => n + count * steps.filter(([step]) => step === 'kvm_mmu_zap_all_fast').length,
          0,
        );
    for (let n = 0; n < 90; n++) {
      expect(d.host(memslot(20 + n, 0x8000_0000 + n * MIB, MIB))).toBe(0);
      d.kick().kick();
    }
    expect(zaps()).toBe(1);
    d.expectNoDivergence();
  });
});
