import { hexWords } from '../base/words.ts';
import { indexOf } from '../kvm/mmu/nested-tables.ts';
import { frameOf } from '../kvm/mmu/spte.ts';
import { PTE, reservedAddressHi } from '../spec/paging.ts';
import type { NestedEntry } from './inspect-tables.ts';
import type { MachineParts } from './machine.ts';
import type { StateRow } from './state-table.ts';

const BITS: readonly (readonly [string, number])[] = [
  ['P', PTE.P],
  ['R/W', PTE.W],
  ['U/S', PTE.U],
  ['A', PTE.A],
  ['D', PTE.D],
  ['PS', PTE.PS],
];
/** In PAE entries bits 62:52 are reserved too. */
const PAE_RESERVED_HI = 0x7ff0_0000;

/** The entries of the shadow table in use for a linear address, from the root down as far as they lead; nothing is set. */
export function shadowWalk({ cpu, memory }: MachineParts, hi: number, lo: number): NestedEntry[] {
  const { nativeRoot, nativeLevels } = cpu.controls;
  const entries: NestedEntry[] = [];
  let table = nativeRoot;
  for (let level = nativeLevels; level > 0 && table > 0; level--) {
    const index = nativeLevels === 3 && level === 3 ? lo >>> 30 : indexOf(level, hi, lo);
    const entry = { level, table, index, hi: memory.entryHi(table, index), lo: memory.entryLo(table, index) };
    entries.push(entry);
    if ((entry.lo & PTE.P) === 0 || isReserved(cpu.config.maxphyaddr, nativeLevels, entry.hi)) break;
    if (level === 1 || (level < 4 && (entry.lo & PTE.PS) !== 0 && !(nativeLevels === 3 && level === 3))) break;
    table = frameOf(entry.hi, entry.lo);
  }
  return entries;
}

/** The same as rows. */
export function shadowEntries(parts: MachineParts, hi: number, lo: number): StateRow[] {
  const { maxphyaddr } = parts.cpu.config;
  const { nativeLevels } = parts.cpu.controls;
  return shadowWalk(parts, hi, lo).map(({ level, table, index, hi: high, lo: low }) => {
    const place = `0x${(BigInt(table) * 4096n + BigInt(index * 8)).toString(16)}`;
    const names = BITS.filter(([name, bit]) => (low & bit) !== 0 && (name !== 'PS' || level > 1)).map(([name]) => name);
    if ((low & PTE.P) !== 0 && isReserved(maxphyaddr, nativeLevels, high)) names.push('reserved');
    else if (high < 0) names.push('XD');
    return { key: `the access ${level}`, cells: ['the access', level, place, hexWords(high, low), names.join(' ')] };
  });
}

const isReserved = (maxphyaddr: number, levels: number, hi: number): boolean =>
  (hi & (reservedAddressHi(maxphyaddr) | (levels === 3 ? PAE_RESERVED_HI : 0))) !== 0;
