import { describe, expect, it } from 'vitest';
import { CR0, REG } from '../../core/guest/registers.ts';
import { PFERR } from '../../core/spec/vm-exit.ts';
import {
  DIRECT,
  IO_MARK,
  NOTRAP,
  PTE,
  ShadowGuest,
  type ShadowGuestOptions,
  TRAP,
} from '../driver/shadow-2007-guest.ts';

/** Vectors 165 to 176 (docs/references.md: c7addb902054 and the kernels before and after), under the numbers of the project's list. */
const { P, W, U, A, D } = PTE;

/** A page of user memory in a leaf table of its own, with its neighbours; nothing of it is shadowed yet. */
const PAGE = 0x4000_0000n;
const NEXT = PAGE + 0x1000n;
const FRAME = 0x100n;
/** Below 32-bit physical addresses, above the RAM: no memslot. */
const MMIO_FRAME = 0xfee0_2n;
const USER = 3;
const leaf = (frame: bigint, bits = P | W | U | A | D): bigint => (frame << 12n) | bits;

type Machine = Required<Pick<ShadowGuestOptions, 'vendor' | 'kernel' | 'bypass'>>;

const INTEL: readonly Machine[] = [
  { vendor: 'intel', kernel: '2.6.24', bypass: 'as-posted' },
  { vendor: 'intel', kernel: '2.6.26', bypass: 'corrected' },
];
/** Machines on which every page fault exits. */
const ALL_EXIT: readonly Machine[] = [
  { vendor: 'intel', kernel: '2.6.24', bypass: 'off' },
  { vendor: 'intel', kernel: '2.6.26', bypass: 'off' },
  { vendor: 'amd', kernel: '2.6.24', bypass: 'off' },
  { vendor: 'amd', kernel: '2.6.24', bypass: 'as-posted' },
  { vendor: 'amd', kernel: '2.6.26', bypass: 'corrected' },
];
const ALL = [...INTEL, ...ALL_EXIT];
const POSTED = INTEL[0]!;

/** A guest whose leaf table of PAGE is shadowed (the neighbour was read), and whose direct map of the table is warm. */
function warm(options: ShadowGuestOptions, bits = 0n, more?: (guest: ShadowGuest) => void): ShadowGuest {
  const setUp = (guest: ShadowGuest): void => {
    guest.set(PAGE, 1, bits === 0n ? 0n : leaf(FRAME, bits));
    guest.set(NEXT, 1, leaf(FRAME + 1n));
    more?.(guest);
  };
  const guest = new ShadowGuest({ ...options, setUp });
  // The table is read through the direct map before it is shadowed, and after.
  guest.read(DIRECT + BigInt(guest.entryGpa(PAGE, 1)));
  guest.read(NEXT);
  guest.read(DIRECT + BigInt(guest.entryGpa(PAGE, 1)));
  return guest;
}

const exits = (guest: ShadowGuest): number => guest.m.lastVmExits;
const count = (guest: ShadowGuest, stat: Parameters<ShadowGuest['m']['stat']>[0]): number => guest.m.stat(stat);

describe('165: a guest page that is absent', () => {
  it.each(INTEL)('faults without an exit: $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    expect(guest.shadow(PAGE, 1)).toBe(NOTRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(exits(guest)).toBe(0);
    expect(guest.fault).toEqual({ by: 'cpu', errorCode: PFERR.U });
    expect(guest.write(PAGE, 4, 1n, USER)).toBe('fault');
    expect(guest.fault).toEqual({ by: 'cpu', errorCode: PFERR.U | PFERR.W });
    expect(count(guest, 'pf_guest')).toBe(0);
  });

  it.each(INTEL)('also where an upper entry is absent: $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    expect(guest.read(PAGE + (1n << 30n), USER)).toBe('fault');
    expect(guest.fault).toEqual({ by: 'cpu', errorCode: PFERR.U });
  });
});

describe('166: a guest page that is present and not shadowed yet', () => {
  it.each(INTEL)('exits once, with P and RSVD: $kernel, $bypass', (machine) => {
    const guest = warm(machine, P | W | U);
    expect(guest.shadow(PAGE, 1)).toBe(TRAP);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(exits(guest)).toBe(1);
    expect(guest.m.cpu.exit.errorCode).toBe(PFERR.P | PFERR.RSVD | PFERR.U);
    expect(guest.entry(PAGE, 1) & A).toBe(A);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(exits(guest)).toBe(0);
  });
});

describe('167: the same as 165 without bypass, or on AMD', () => {
  it.each(ALL_EXIT)('exits, the walk fails, the fault is injected: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    expect(guest.shadow(PAGE, 1)).toBe(NOTRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(exits(guest)).toBe(1);
    expect(guest.fault).toEqual({ by: 'kvm', errorCode: PFERR.U });
    expect(count(guest, 'pf_guest')).toBe(1);
    expect(guest.m.took('kvm_inject_page_fault')).toBe(1);
  });
});

describe('168 to 171: a write to an entry of a shadowed leaf table', () => {
  it.each(ALL)('168: present and accessed: filled at once, no exit after: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    expect(guest.writeEntry(PAGE, 1, leaf(FRAME))).toBe('done');
    expect(exits(guest)).toBe(1);
    expect(count(guest, 'mmu_pte_write')).toBe(1);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(exits(guest)).toBe(0);
    expect(guest.write(PAGE, 4, 1n, USER)).toBe('done');
    expect(exits(guest)).toBe(0);
  });

  it.each(ALL)('169: present, not accessed: the entry must exit: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    guest.writeEntry(PAGE, 1, leaf(FRAME, P | W | U));
    expect(guest.shadow(PAGE, 1)).toBe(machine.vendor === 'intel' && machine.bypass !== 'off' ? TRAP : 0n);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(exits(guest)).toBe(1);
  });

  it.each(INTEL)('170: absent: the fault needs no exit: $kernel, $bypass', (machine) => {
    const guest = warm(machine, P | W | U | A | D);
    expect(guest.read(PAGE, USER)).toBe('done');
    guest.writeEntry(PAGE, 1, 0n);
    expect(guest.shadow(PAGE, 1)).toBe(NOTRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(exits(guest)).toBe(0);
    expect(guest.fault).toEqual({ by: 'cpu', errorCode: PFERR.U });
  });

  it('171: as posted, a PAE guest that writes the upper half of an absent entry leaves a trap: one exit finds out', () => {
    const guest = warm({ ...POSTED, format: 'pae' });
    expect(guest.shadow(PAGE, 1)).toBe(NOTRAP);
    guest.writeEntry(PAGE, 1, 0n, 4, 4);
    expect(guest.shadow(PAGE, 1)).toBe(TRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(guest.fault).toEqual({ by: 'kvm', errorCode: PFERR.U });
    expect(count(guest, 'pf_trap_not_present')).toBe(1);
  });

  it('171: 2.6.26 reads the whole entry, and needs no exit', () => {
    const guest = warm({ ...INTEL[1]!, format: 'pae' });
    guest.writeEntry(PAGE, 1, 0n, 4, 4);
    expect(guest.shadow(PAGE, 1)).toBe(NOTRAP);
  });
});

describe('172 and 173: floods', () => {
  /** Absent entries, so that no exit comes between. */
  const writeOnce = (guest: ShadowGuest, n: number) => guest.writeEntry(PAGE + BigInt(n) * 0x1000n, 1, 0n);

  it.each(ALL)('172: the third write in a row zaps the page: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    // What was read through the table would count as used (2.6.26).
    for (let n = 2; n < 4; n++) writeOnce(guest, n);
    expect(count(guest, 'mmu_flooded')).toBe(0);
    const before = count(guest, 'mmu_shadow_zapped');
    writeOnce(guest, 4);
    expect(count(guest, 'mmu_flooded')).toBe(1);
    expect(count(guest, 'mmu_shadow_zapped')).toBe(before + 1);
    // The table is no table any more: one exit makes it writable, then there are none.
    writeOnce(guest, 5);
    writeOnce(guest, 6);
    expect(exits(guest)).toBe(0);
    guest.read(NEXT);
    expect(count(guest, 'mmu_reshadowed')).toBe(1);
  });

  it.each([
    [{ vendor: 'intel', kernel: '2.6.24', bypass: 'off' }, 0],
    [{ vendor: 'amd', kernel: '2.6.24', bypass: 'as-posted' }, 0],
    [{ vendor: 'intel', kernel: '2.6.26', bypass: 'off' }, 0],
    [{ vendor: 'intel', kernel: '2.6.24', bypass: 'as-posted' }, 1],
    [{ vendor: 'intel', kernel: '2.6.26', bypass: 'corrected' }, 1],
  ] as const)('173: with %j a guest fault between the writes leaves %i floods', (machine, floods) => {
    const guest = warm(machine);
    for (let n = 2; n < 5; n++) {
      writeOnce(guest, n);
      expect(guest.read(PAGE + BigInt(n) * 0x1000n, USER)).toBe('fault');
    }
    expect(count(guest, 'mmu_flooded')).toBe(floods);
  });

  it('2.6.26 does not count on where the guest has used the entry that was filled last', () => {
    const guest = warm(INTEL[1]!);
    for (let n = 2; n < 8; n++) {
      const page = PAGE + BigInt(n) * 0x1000n;
      guest.writeEntry(page, 1, leaf(FRAME + BigInt(n)));
      expect(guest.read(page, USER)).toBe('done');
      expect(exits(guest)).toBe(0);
    }
    expect(count(guest, 'mmu_flooded')).toBe(0);
  });
});

describe('174: a write of two bytes', () => {
  it.each(ALL)('zaps the page: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    guest.writeEntry(PAGE, 1, 0n, 2);
    expect(count(guest, 'mmu_flooded')).toBe(1);
    expect(count(guest, 'mmu_shadow_zapped')).toBe(1);
  });

  it('so does one that straddles two entries of a 32-bit guest', () => {
    const guest = warm({ ...POSTED, format: '32' });
    guest.writeEntry(PAGE, 1, 0n, 8);
    expect(count(guest, 'mmu_flooded')).toBe(1);
  });
});

describe('175: MMIO', () => {
  it.each(ALL)('exits and is walked for each time: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    guest.writeEntry(PAGE, 1, leaf(MMIO_FRAME, P | W | U));
    for (let n = 0; n < 2; n++) {
      expect(guest.read(PAGE, USER)).toBe('done');
      expect(exits(guest)).toBe(1);
      expect(guest.m.took('paging64_walk_addr')).toBeGreaterThanOrEqual(8);
    }
    expect(guest.m.exits).toHaveLength(2);
    const trap = machine.vendor === 'intel' && machine.bypass !== 'off' ? TRAP : 0n;
    // 2.6.26 finds out before it looks at shadow entries, and marks nothing.
    expect(guest.shadow(PAGE, 1)).toBe(machine.kernel === '2.6.24' ? trap | IO_MARK : trap);
  });
});

describe('176: a 32-bit guest writes a directory entry', () => {
  it.each(ALL)('two shadow entries are zapped: $vendor, $kernel, $bypass', (machine) => {
    const other = PAGE + 0x20_0000n;
    const guest = warm({ ...machine, format: '32' }, P | W | U | A | D, (made) => made.set(other, 1, leaf(FRAME + 2n)));
    guest.read(PAGE, USER);
    guest.read(other, USER);
    expect([PAGE, other].every((va) => (guest.shadow(va, 2)! & W) !== 0n)).toBe(true);
    const directory = guest.entry(PAGE, 2);
    guest.writeEntry(PAGE, 2, directory & ~A);
    const trap = machine.vendor === 'intel' && machine.bypass !== 'off' ? TRAP : 0n;
    expect([guest.shadow(PAGE, 2), guest.shadow(other, 2)]).toEqual([trap, trap]);
    expect(count(guest, 'mmu_pde_zapped')).toBe(2);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(guest.read(other, USER)).toBe('done');
    expect(guest.entry(PAGE, 2)).toBe(directory);
  });
});

describe('what the vectors rest on', () => {
  it('every zap leaves a trap, also where nothing was present', () => {
    const guest = warm(POSTED);
    guest.writeEntry(PAGE, 1, 0n, 2);
    // The page is gone, and its parent traps: the next fault exits and finds the guest's entry absent.
    expect(guest.shadow(PAGE, 2)).toBe(TRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(guest.fault.by).toBe('kvm');
    expect(count(guest, 'pf_trap_not_present')).toBe(1);
    // No page was made for it: it exits again.
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(guest.fault.by).toBe('kvm');
  });

  it.each(INTEL)('a cleared upper entry leaves a trap too, and its fault exits: $kernel, $bypass', (machine) => {
    const guest = warm(machine);
    guest.writeEntry(PAGE, 2, 0n);
    expect(guest.shadow(PAGE, 2)).toBe(TRAP);
    expect(guest.read(PAGE, USER)).toBe('fault');
    expect(guest.fault).toEqual({ by: 'kvm', errorCode: PFERR.U });
    expect(count(guest, 'pf_trap_not_present')).toBe(1);
  });

  it.each(ALL)(
    'a read-only page of the guest’s still exits, and the guest gets P and W: $vendor, $kernel, $bypass',
    (machine) => {
      const guest = warm(machine, P | U | A);
      expect(guest.read(PAGE, USER)).toBe('done');
      expect(guest.write(PAGE, 4, 1n, USER)).toBe('fault');
      expect(guest.fault).toEqual({ by: 'kvm', errorCode: PFERR.P | PFERR.W | PFERR.U });
    },
  );

  it.each(ALL)('user mode that writes to a page table unshadows it: $vendor, $kernel, $bypass', (machine) => {
    const window = PAGE + 0x20_0000n;
    const guest = warm(machine, 0n, (made) => made.set(window, 1, leaf(BigInt(made.entryGpa(PAGE, 1) >>> 12))));
    const before = count(guest, 'mmu_shadow_zapped');
    expect(guest.write(window + 0x800n, 8, 0n, USER)).toBe('done');
    expect(count(guest, 'mmu_shadow_zapped')).toBe(before + 1);
    expect(guest.m.took('x86_emulate_instruction')).toBe(0);
    expect(guest.write(window + 0x808n, 8, 0n, USER)).toBe('done');
    expect(exits(guest)).toBe(0);
  });

  it.each(ALL)('with CR0.WP clear the kernel writes to a read-only page: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine, P | A);
    guest.m.regs.at[REG.CR0]! &= ~CR0.WP;
    expect(guest.write(PAGE, 4, 7n)).toBe('done');
    expect(exits(guest)).toBe(1);
    expect(guest.entry(PAGE, 1) & D).toBe(D);
  });

  it.each(ALL)('a write sets the dirty bit by an exit, once: $vendor, $kernel, $bypass', (machine) => {
    const guest = warm(machine, P | W | U | A);
    expect(guest.read(PAGE, USER)).toBe('done');
    expect(guest.write(PAGE, 4, 1n, USER)).toBe('done');
    expect(exits(guest)).toBe(1);
    expect(guest.entry(PAGE, 1) & D).toBe(D);
    expect(guest.write(PAGE, 4, 2n, USER)).toBe('done');
    expect(exits(guest)).toBe(0);
  });
});
