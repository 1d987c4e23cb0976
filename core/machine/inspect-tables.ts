import { hexWords, wordsToPage } from '../base/words.ts';
import { REG } from '../guest/registers.ts';
import { guestIndexOf, guestLevels, largeAllowed } from '../kvm/mmu/guest-walk.ts';
import { indexOf } from '../kvm/mmu/nested-tables.ts';
import { frameOf, isLarge, isMmioSpte, isShadowPresent, mmioGeneration } from '../kvm/mmu/spte.ts';
import { EPT } from '../spec/ept.ts';
import { PTE } from '../spec/paging.ts';
import type { MachineParts } from './machine.ts';
import type { StateRow } from './state-table.ts';

/** A guest-physical address as two words, and what it is an address of. */
interface GuestAddress {
  readonly what: string;
  readonly hi: number;
  readonly lo: number;
}

/** The guest's own entries for a linear address, and the guest-physical addresses that a walk of it touches. */
export interface GuestWalkRows {
  readonly rows: readonly StateRow[];
  /** What the address translates to; null where an entry is missing. */
  readonly gpa: GuestAddress | null;
  /** Where the entries stand, from the root down. */
  readonly tables: readonly GuestAddress[];
}

const { P: PRESENT, PS: LARGE } = PTE;
const LEVEL_NAMES = ['', 'PTE', 'PDE', 'PDPTE', 'PML4E', 'PML5E'] as const;
const GUEST_BITS: readonly (readonly [string, number])[] = [
  ['P', PRESENT],
  ['R/W', PTE.W],
  ['U/S', PTE.U],
  ['A', PTE.A],
  ['D', PTE.D],
  ['PS', LARGE],
];

/** Walks the guest's tables for a linear address as far as entries lead; nothing is set or faulted in. */
export function guestEntries(parts: MachineParts, hi: number, lo: number): GuestWalkRows {
  const { at } = parts.registers;
  const top = guestLevels(parts.registers);
  if (top === 0) return { rows: [], gpa: { what: 'the access', hi: 0, lo }, tables: [] };
  const bytes = top === 2 ? 4 : 8;
  const rows: StateRow[] = [];
  const tables: GuestAddress[] = [];
  let tableLo = at[REG.CR3_LO]! & (top === 3 ? ~0x1f : ~0xfff);
  let tableHi = top > 3 ? at[REG.CR3_HI]! & 0xfffff : 0;
  for (let level = top; level > 0; level--) {
    const entryAt = tableLo + guestIndexOf(top, level, hi, lo) * bytes;
    const name = LEVEL_NAMES[level]!;
    tables.push({ what: name, hi: tableHi, lo: entryAt });
    const words = readEntry(parts, tableHi, entryAt, bytes);
    const [entryHi, entryLo] = words ?? [0, 0];
    const bits = words === null ? 'no memory there yet' : guestBits(entryHi, entryLo, level);
    rows.push({ key: name, cells: [name, hexWords(tableHi, entryAt), hexWords(entryHi, entryLo), bits] });
    if ((entryLo & PRESENT) === 0) return { rows, gpa: null, tables };
    if (level === 1 || ((entryLo & LARGE) !== 0 && largeAllowed(parts.registers, top, level))) {
      const shift = top === 2 ? 12 + (level - 1) * 10 : 12 + (level - 1) * 9;
      const mask = 2 ** shift - 1;
      const gpaLo = (entryLo & ~mask & ~0xfff) | (lo & mask);
      return { rows, gpa: { what: 'the access', hi: top === 2 ? 0 : entryHi & 0xfffff, lo: gpaLo }, tables };
    }
    tableLo = entryLo & ~0xfff;
    tableHi = entryHi & 0xfffff;
  }
  return { rows, gpa: null, tables };
}

/** One entry of the nested tables on the way to a guest-physical address. */
export interface NestedEntry {
  readonly level: number;
  /** Host frame of the table, and the entry's index in it. */
  readonly table: number;
  readonly index: number;
  readonly hi: number;
  readonly lo: number;
}

/** EPT or NPT entries for a guest-physical address, from the root down as far as entries lead. */
export function nestedWalk({ kvm, vcpu, memory }: MachineParts, { hi, lo }: GuestAddress): NestedEntry[] {
  const entries: NestedEntry[] = [];
  let table = vcpu.root;
  for (let level = kvm.mmu.tables.levels; level > 0 && table !== 0; level--) {
    const index = indexOf(level, hi, lo);
    const entry = { level, table, index, hi: memory.entryHi(table, index), lo: memory.entryLo(table, index) };
    entries.push(entry);
    if (!isShadowPresent(entry.lo) || isLarge(entry.lo)) break;
    table = frameOf(entry.hi, entry.lo);
  }
  return entries;
}

/** Every guest-physical address that an access leads to: of the guest's entries, then its own. */
export const addressesOf = ({ gpa, tables }: GuestWalkRows): readonly GuestAddress[] =>
  gpa === null ? tables : [...tables, gpa];

/** The nested entries for each guest-physical address of an access, as rows. */
export function nestedEntries(parts: MachineParts, guest: GuestWalkRows): StateRow[] {
  const { bits } = parts.kvm.mmu.tables;
  return addressesOf(guest).flatMap((address) =>
    nestedWalk(parts, address).map(({ level, table, index, hi, lo }) => {
      const place = `0x${(BigInt(table) * 4096n + BigInt(index * 8)).toString(16)}`;
      const mmio = isMmioSpte(bits, hi, lo);
      const words = mmio ? `MMIO generation ${mmioGeneration(hi, lo)}` : nestedBits(bits.kind, hi, lo);
      const { what } = address;
      return { key: `${what} ${level}`, cells: [what, level, place, hexWords(hi, lo), words] };
    }),
  );
}

/** Host frame behind a guest-physical address, or 0 where none is yet. Nothing is faulted in. */
export function frameBehind({ kvm }: MachineParts, hi: number, lo: number): number {
  const gfn = wordsToPage(hi, lo);
  const row = kvm.slots.find(0, gfn);
  if (row < 0) return 0;
  const { hvaPage, baseGfn } = kvm.slots.table;
  return kvm.hostMm.present(hvaPage[row]! + gfn - baseGfn[row]!);
}

/** Words of a guest's entry, or null where no memory is behind it yet. */
function readEntry(parts: MachineParts, hi: number, lo: number, bytes: number): [number, number] | null {
  const frame = frameBehind(parts, hi, lo);
  if (frame <= 0) return null;
  const out = new Int32Array(2);
  parts.memory.readBytes(frame, lo & 0xfff, bytes, out, 0);
  return [out[1]!, out[0]!];
}

function guestBits(hi: number, lo: number, level: number): string {
  const names = GUEST_BITS.filter(([name, bit]) => (lo & bit) !== 0 && (name !== 'PS' || level > 1)).map(
    ([name]) => name,
  );
  return [...names, ...(hi < 0 ? ['XD'] : [])].join(' ');
}

function nestedBits(kind: 'ept' | 'npt', hi: number, lo: number): string {
  if (kind === 'npt') {
    const names = GUEST_BITS.filter(([, bit]) => (lo & bit) !== 0).map(([name]) => name);
    return [...names, ...(hi < 0 ? ['NX'] : [])].join(' ');
  }
  const names: readonly (readonly [string, number])[] = [
    ['R', EPT.R],
    ['W', EPT.W],
    ['X', EPT.X],
    ['PS', EPT.PS],
    ['A', EPT.A],
    ['D', EPT.D],
  ];
  return names
    .filter(([, bit]) => (lo & bit) !== 0)
    .map(([name]) => name)
    .join(' ');
}
