import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../../test/driver/kvm-machine.ts';
import { CR0, CR4, EFER, REG } from '../../guest/registers.ts';
import { PFERR } from '../../spec/vm-exit.ts';
import { guestLevels, GuestWalk } from './guest-walk.ts';

const P = 1;
const RW = 2;
const US = 4;
const PS = 128;

interface Mode {
  readonly name: string;
  readonly levels: number;
  readonly cr4: number;
  readonly efer: number;
}

const MODES: readonly Mode[] = [
  { name: '32-bit', levels: 2, cr4: CR4.PSE, efer: 0 },
  { name: 'PAE', levels: 3, cr4: CR4.PAE, efer: EFER.NXE },
  { name: '4-level', levels: 4, cr4: CR4.PAE, efer: EFER.LME | EFER.LMA | EFER.NXE },
  { name: '5-level', levels: 5, cr4: CR4.PAE | CR4.LA57, efer: EFER.LME | EFER.LMA | EFER.NXE },
];

/** Tables at 0x1000, 0x2000, ...: gva 0x403000 (first entry above, a 4 KiB page at 0x9000) with `leaf` flags in the last entry. */
function guest(mode: Mode, leaf: number, upper = P | RW | US) {
  const m = new KvmMachine();
  m.slot(0, 0n, 64);
  m.regs.at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
  m.regs.at[REG.CR4] = mode.cr4;
  m.regs.at[REG.EFER] = mode.efer;
  m.regs.at[REG.CR3_LO] = 0x1000;
  const entry = (table: number, index: number, value: number) => {
    const words = new Int32Array([value, 0]);
    const bytes = mode.levels === 2 ? 4 : 8;
    m.kvm.ram.write(0, table + index * bytes, bytes, words, 0);
  };
  let table = 0x1000;
  for (let level = mode.levels; level > 1; level--) {
    const index = mode.levels === 2 ? 1 : level === 2 ? 2 : 0;
    const flags = mode.levels === 3 && level === 3 ? P : upper;
    entry(table, index, (table + 0x1000) | flags);
    table += 0x1000;
  }
  entry(table, 3, 0x9000 | leaf);
  const walk = new GuestWalk(m.regs, m.kvm.ram, 46);
  const entryAt = (gpa: number) => {
    const words = new Int32Array(2);
    m.kvm.ram.read(0, gpa, 4, words, 0);
    return words[0]!;
  };
  return { m, walk, entry, table, entryAt };
}

const GVA = 0x403123;

describe.each(MODES)('$name guest tables', (mode) => {
  it('are walked level by level to the page', () => {
    const { m, walk } = guest(mode, P | RW | US);
    expect(guestLevels(m.regs)).toBe(mode.levels);
    expect(walk.translate(0, GVA, false)).toBe(true);
    expect([walk.gpaHi, walk.gpaLo, walk.levels]).toEqual([0, 0x9123, mode.levels]);
  });

  it('get accessed bits, and a dirty bit for a write only', () => {
    const { walk, table, entryAt } = guest(mode, P | RW | US);
    const bytes = mode.levels === 2 ? 4 : 8;
    walk.translate(0, GVA, false);
    expect(entryAt(table + 3 * bytes) & 0x60).toBe(0x20);
    walk.translate(0, GVA, true);
    expect(entryAt(table + 3 * bytes) & 0x60).toBe(0x60);
  });

  it.each([
    ['not present', 0, false, 0, 0],
    ['supervisor write to a read-only page with WP', P | US, true, 0, PFERR.P | PFERR.W],
    ['user read of a supervisor page', P | RW, false, 3, PFERR.P | PFERR.U],
    ['user write to a read-only page', P | US, true, 3, PFERR.P | PFERR.W | PFERR.U],
  ] as const)('fault: %s', (_, leaf, write, cpl, code) => {
    const { m, walk } = guest(mode, leaf);
    m.regs.at[REG.CPL] = cpl;
    expect(walk.translate(0, GVA, write)).toBe(false);
    expect(walk.errorCode).toBe(code);
  });

  it('a supervisor write to a read-only page passes without WP', () => {
    const { m, walk } = guest(mode, P | US);
    m.regs.at[REG.CR0]! &= ~CR0.WP;
    expect(walk.translate(0, GVA, true)).toBe(true);
  });

  it('SMAP refuses supervisor access to a user page unless AC is set', () => {
    const { m, walk } = guest(mode, P | RW | US);
    m.regs.at[REG.CR4]! |= CR4.SMAP;
    expect(walk.translate(0, GVA, false)).toBe(false);
    expect(walk.errorCode).toBe(PFERR.P);
    m.regs.at[REG.AC] = 1;
    expect(walk.translate(0, GVA, false)).toBe(true);
  });

  it('a large page ends the walk early', () => {
    const { walk, entry, table } = guest(mode, 0);
    const index = mode.levels === 2 ? 1 : 2;
    entry(table - 0x1000, index, (mode.levels === 2 ? 0x400000 : 0x200000) | P | RW | US | PS);
    expect(walk.translate(0, GVA, true)).toBe(true);
    expect(walk.gpaLo).toBe(mode.levels === 2 ? 0x403123 : 0x203123);
    expect(walk.levels).toBe(mode.levels - 1);
  });
});

it('without paging a linear address is a guest-physical one', () => {
  const m = new KvmMachine();
  const walk = new GuestWalk(m.regs, m.kvm.ram, 46);
  expect(walk.translate(0, 0x1234, true)).toBe(true);
  expect([walk.gpaLo, walk.levels]).toEqual([0x1234, 0]);
});

it('a table outside memory is not present, a reserved address bit is reported with P and RSVD', () => {
  const { m, walk, entry } = guest(MODES[2]!, P | RW | US);
  m.regs.at[REG.CR3_LO] = 0x7000_0000;
  expect(walk.translate(0, GVA, false)).toBe(false);
  expect(walk.errorCode).toBe(0);
  m.regs.at[REG.CR3_LO] = 0x1000;
  entry(0x1000, 0, 0x2000 | P | RW | US | PS);
  expect(walk.translate(0, GVA, true)).toBe(false);
  expect(walk.errorCode).toBe(PFERR.P | PFERR.RSVD | PFERR.W);
});
