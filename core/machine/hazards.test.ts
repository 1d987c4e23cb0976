import { describe, expect, it } from 'vitest';
import { assign, drive, type DriveOptions, memslot } from '../../test/driver/machine-driver.ts';

/**
 * Known hazards, found by the reference on the real CPU and the real KVM without being told: each test rings doorbells of a design and
 * names the divergences by kind and count. Numbers in titles are vectors of the project's list of KVM vectors.
 */
const MIB = 1 << 20;
const BELL = 16 * MIB;

/** RAM up to 16 MiB, and a doorbell at its end. */
const machine = (options: DriveOptions) => drive(options).ram(0, BELL).doorbell('kick', { gpa: BELL });
const named = ({ mmu, design }: DriveOptions) => `${mmu}/${design}`;

/** Designs whose probe looks at the address alone. */
const BLIND: DriveOptions[] = [
  { mmu: 'ept', design: 'fast-mmio' },
  { mmu: 'npt', design: 'svm-fast-mmio' },
  { mmu: 'ept', design: 'write-mostly' },
  { mmu: 'ept', design: 'rfc-violation' },
  { mmu: 'npt', design: 'rfc-violation' },
];
/** Designs whose probe knows writes, but not what else an instruction does. */
const WRITE_ONLY: DriveOptions[] = [
  { mmu: 'ept', design: 'rfc-write-bit' },
  { mmu: 'npt', design: 'rfc-write-bit' },
  { mmu: 'ept', design: 'bad-page' },
  { mmu: 'npt', design: 'bad-page' },
];
/** Designs that emulate, or that have no probe on this machine. */
const SANE: DriveOptions[] = [
  { mmu: 'ept', design: 'userspace' },
  { mmu: 'npt', design: 'userspace' },
  { mmu: 'ept', design: 'datamatch' },
  { mmu: 'npt', design: 'datamatch' },
  { mmu: 'ept', design: 'wildcard' },
  { mmu: 'npt', design: 'wildcard' },
  { mmu: 'ept', design: 'ro-emulated' },
  { mmu: 'npt', design: 'ro-emulated' },
  { mmu: 'npt', design: 'fast-mmio' },
  { mmu: 'npt', design: 'svm-fast-mmio-no-nrip' },
];
const readOnly = ({ design }: DriveOptions) =>
  ['rfc-violation', 'rfc-write-bit', 'bad-page', 'write-mostly', 'ro-emulated'].includes(design!);
const table = (...lists: DriveOptions[][]) => lists.flat().map((options) => [named(options), options] as const);

describe('a read of the doorbell', () => {
  it.each(table(BLIND))('75, 177: %s signals, and the register keeps its value', (_name, options) => {
    machine(options)
      .poke(64, 0x78, 0x56, 0x34, 0x12)
      .run((d) => {
        d.kick().kick();
        expect(d.read32(64)).toBe(0x12345678n);
        for (let i = 0; i < 3; i++) d.readBell();
        expect(d.register(4)).toBe(0x12345678n);
        expect(d.result().eventfds).toEqual({ kick: 5 });
        expect(d.result().userspaceExits).toBe(0);
        // From the second swallowed read of read-only memory on the page counts as unreadable.
        d.expectDivergences({ 'spurious-signal': 3, ...(readOnly(options) ? { 'unreadable-page': 2 } : {}) });
      });
  });

  it.each(table(WRITE_ONLY, SANE))('129: %s reads memory or asks userspace, without a signal', (_name, options) => {
    machine(options).run((d) => {
      d.kick().kick();
      const before = d.result();
      for (let i = 0; i < 3; i++) d.readBell();
      expect(d.register(4)).toBe(readOnly(options) ? 0n : 0xffff_ffffn);
      expect(d.result().eventfds).toEqual(before.eventfds);
      expect(d.result().userspaceExits - before.userspaceExits).toBe(readOnly(options) ? 0 : 3);
      d.expectNoDivergence();
    });
  });

  it('a port is read by userspace, and never kicks', () => {
    for (const mmu of ['ept', 'npt'] as const) {
      drive({ mmu, design: 'pio' })
        .ram(0, BELL)
        .doorbell('kick')
        .run((d) => {
          d.kick().readBell().addBell().readBell();
          expect(d.result().eventfds).toEqual({ kick: 2 });
          expect(d.result().userspaceExits).toBe(3);
          d.expectNoDivergence();
        });
    }
  });
});

describe('a locked add to the doorbell', () => {
  it.each(table(BLIND, WRITE_ONLY))('76: %s swallows it: a signal, nothing read', (_name, options) => {
    machine(options).run((d) => {
      d.kick().addBell(5).addBell(6);
      expect(d.result().eventfds).toEqual({ kick: 3 });
      d.expectDivergences({ 'swallowed-rmw': 2 });
    });
  });

  it.each(table(SANE))('67, 131: %s reads, then writes', (_name, options) => {
    machine(options).run((d) => {
      d.kick().addBell(1);
      d.expectNoDivergence();
      // Without memory behind it userspace answers the read with ones; the sum 0 is what the write carries.
      expect(d.register(4)).toBe(readOnly(options) ? 0n : 0xffff_ffffn);
      const written = options.design === 'datamatch' || options.design === 'userspace';
      expect(d.signals('kick')).toBe(written ? (options.design === 'datamatch' ? 1 : 0) : 2);
    });
  });
});

describe('the page of a read-only doorbell under the RFC', () => {
  it.each([
    ['ept', 'rfc-violation'],
    ['npt', 'rfc-violation'],
  ] as const)('179: %s/%s never installs it while only the doorbell address is touched', (mmu, design) => {
    machine({ mmu, design }).run((d) => {
      d.write32(64, 1).kick();
      const touched = d.during(() => d.repeat(50, () => d.kick().readBell()));
      expect(touched.stats).not.toHaveProperty('pages_4k');
      expect(touched.stats).not.toHaveProperty('pf_fixed');
      expect(touched.eventfds).toEqual({ kick: 100 });
      d.expectDivergences({ 'spurious-signal': 50, 'unreadable-page': 49 });
    });
  });

  it.each([
    ['ept', 'rfc-violation'],
    ['npt', 'rfc-violation'],
  ] as const)('%s/%s: an access to another address in the page makes it readable', (mmu, design) => {
    machine({ mmu, design })
      .poke(BELL, 7)
      .run((d) => {
        d.kick();
        expect(d.read32(BELL + 8)).toBe(0n);
        expect(d.read32(BELL)).toBe(7n);
        expect(d.result().eventfds).toEqual({ kick: 1 });
        d.expectNoDivergence();
      });
  });

  it('177: in mainline the same read returns memory, and the write signals', () => {
    machine({ design: 'ro-emulated' })
      .poke(BELL, 7)
      .run((d) => {
        expect(d.read32(BELL)).toBe(7n);
        d.kick(9);
        expect(d.read32(BELL)).toBe(7n);
        expect(d.result().eventfds).toEqual({ kick: 1 });
        d.expectNoDivergence();
      });
  });
});

describe('a kick that crosses from RAM into the doorbell page', () => {
  it.each(table(BLIND, WRITE_ONLY))('85: %s loses the RAM half', (_name, options) => {
    machine(options).run((d) => {
      d.write32(BELL - 4, 0x1111).kick();
      d.write64(BELL - 4, 0x2222_3333_4444n);
      expect(d.result().eventfds).toEqual({ kick: 2 });
      d.expectDivergences({ 'lost-write': 1 });
      expect(d.read32(BELL - 4)).toBe(0x1111n);
    });
  });

  it.each(table(SANE))('59, 137: %s stores it, and the other half goes its own way', (_name, options) => {
    machine(options).run((d) => {
      d.write32(BELL - 4, 0x1111).kick();
      d.write64(BELL - 4, 0x1_3333_4444n);
      expect(d.read32(BELL - 4)).toBe(0x3333_4444n);
      const signalled = options.design !== 'userspace';
      expect(d.signals('kick')).toBe(signalled ? 2 : 0);
      d.expectNoDivergence();
    });
  });
});

describe('RAM made over a doorbell whose page was touched', () => {
  const ram = memslot(7, BELL, MIB);

  it.each([
    ['ept', 'fast-mmio'],
    ['npt', 'svm-fast-mmio'],
  ] as const)('142: %s/%s goes on kicking until another address of the page is used', (mmu, design) => {
    machine({ mmu, design }).run((d) => {
      d.kick();
      expect(d.host(ram)).toBe(0);
      d.kick(5);
      d.read32(BELL);
      expect(d.signals('kick')).toBe(3);
      d.expectDivergences({ 'stale-translation': 2 });
      expect(d.read32(BELL + 8)).toBe(0n);
      expect(d.write32(BELL, 6).read32(BELL)).toBe(6n);
      expect(d.signals('kick')).toBe(3);
      d.expectDivergences({ 'stale-translation': 2 });
    });
  });

  it.each(table(SANE).filter(([, options]) => !readOnly(options)))('%s: memory is there at once', (_name, options) => {
    machine(options).run((d) => {
      d.kick();
      const before = d.signals('kick');
      expect(d.host(ram)).toBe(0);
      expect(d.kick(5).read32(BELL)).toBe(5n);
      expect(d.signals('kick')).toBe(before);
      d.expectNoDivergence();
    });
  });
});

describe('a coalesced zone around ioeventfds', () => {
  const A = 0x3000_0000;
  const zoned = (mmu: 'ept' | 'npt') =>
    drive({ mmu })
      .ram(0, BELL)
      .map(A)
      .zone(A, 0x1000)
      .ioeventfd('one', A + 0x100, 4);

  it.each(['ept', 'npt'] as const)(
    '104, 105: %s: the kick goes to the ring, the rest of the zone to userspace',
    (mmu) => {
      zoned(mmu).run((d) => {
        d.write32(A + 0x50, 1);
        d.expectNoDivergence();
        d.write32(A + 0x100, 1).write32(A + 0x100, 2);
        expect(d.result().eventfds).toEqual({ one: 0 });
        d.write32(A + 0x300, 3);
        expect(d.result().userspaceExits).toBe(1);
        d.expectDivergences({ 'lost-signal': 2, 'unexpected-exit': 1 });
      });
    },
  );

  it.each(['ept', 'npt'] as const)('106: %s: a third device moves the search, and its kick arrives', (mmu) => {
    zoned(mmu)
      .ioeventfd('two', A + 0x200, 4)
      .run((d) => {
        d.write32(A + 0x200, 1);
        expect(d.result().eventfds).toEqual({ one: 0, two: 1 });
        d.expectNoDivergence();
      });
  });

  it('6: FAST_MMIO ignores the zone that swallows the first touch', () => {
    drive({ mmu: 'ept' })
      .ram(0, BELL)
      .map(A)
      .zone(A - 0x100, 0x1000)
      .ioeventfd('fast', A, 0)
      .run((d) => {
        d.write32(A, 1);
        d.expectDivergences({ 'lost-signal': 1 });
        d.write32(A, 1).write32(A, 1);
        expect(d.result().eventfds).toEqual({ fast: 2 });
        d.expectDivergences({ 'lost-signal': 1 });
      });
  });
});

describe('the first form of zero-length ioeventfds', () => {
  it('180: with 3.15 the first kick of a page goes to userspace, later ones are fast', () => {
    machine({ kernel: '3.15', design: 'fast-mmio' }).run((d) => {
      d.kick().kick().kick();
      expect(d.result().userspaceExits).toBe(1);
      expect(d.result().eventfds).toEqual({ kick: 2 });
      d.expectDivergences({ 'lost-signal': 1 });
    });
  });

  it('180: on NPT of that age every kick goes to userspace', () => {
    drive({ mmu: 'npt', kernel: '3.15' })
      .ram(0, BELL)
      .map(BELL)
      .ioeventfd('kick', BELL, 0)
      .run((d) => {
        for (let i = 0; i < 3; i++) d.write32(BELL, i);
        expect(d.result().userspaceExits).toBe(3);
        d.expectDivergences({ 'lost-signal': 3 });
      });
  });

  it.each(['4.2', '4.15', '6.18', '7.0'])('%s signals from the first one on', (kernel) => {
    machine({ kernel, design: 'fast-mmio' }).run((d) => {
      d.kick().kick().kick();
      expect(d.result().eventfds).toEqual({ kick: 3 });
      d.expectNoDivergence();
    });
  });

  it('deassigned, it is gone on both buses', () => {
    for (const kernel of ['3.15', '4.2', '7.0']) {
      machine({ kernel, design: 'fast-mmio' }).run((d) => {
        d.kick().kick();
        expect(d.host(assign('kick', BELL, 0, { deassign: true }))).toBe(0);
        const after = d.during(() => d.kick().kick());
        expect(after.eventfds).toEqual({});
        expect(after.userspaceExits).toBe(2);
      });
    }
  });
});
