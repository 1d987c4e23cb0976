import { hexWords } from '../base/words.ts';
import { contextTag } from '../cpu/contexts.ts';
import { findNestedPage, nestedTag } from '../cpu/nested-tlb.ts';
import type { SplitPsc } from '../cpu/psc.ts';
import { RIGHT } from '../cpu/rights.ts';
import { classOf, RECORD, type TagArray } from '../cpu/tag-array.ts';
import { GUEST, NESTED, peekTable } from '../cpu/table-cache.ts';
import type { Tlb } from '../cpu/tlb.ts';
import type { Instruction } from '../guest/instruction.ts';
import { frameOf } from '../kvm/mmu/spte.ts';
import { shadowWalk } from './inspect-shadow.ts';
import { addressesOf, frameBehind, nestedWalk, type GuestWalkRows } from './inspect-tables.ts';
import type { MachineParts } from './machine.ts';
import { stateTable, type StateRow, type StateTable } from './state-table.ts';

const { STRIDE, MASK, BASE, FLAGS } = RECORD;
const SIZES = ['4K', '2M', '1G', '512G', '256T'] as const;
const LEADS_TO = ['', 'PDE', 'PDPTE', 'PML4E', 'PML5E'] as const;

const RIGHT_NAMES: readonly (readonly [string, number])[] = [
  ['U', RIGHT.U],
  ['W', RIGHT.W],
  ['X', RIGHT.X],
  ['nested R', RIGHT.NR],
  ['nested W', RIGHT.NW],
  ['nested X', RIGHT.NX],
  ['dirty', RIGHT.DIRTY],
  ['global', RIGHT.GLOBAL],
];

const rightsOf = (flags: number): string =>
  RIGHT_NAMES.filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(' ');

const frame = (hfn: number): string => `0x${(BigInt(hfn >>> 0) << 12n).toString(16)}`;

/** Number of a page, low word, and the upper bits of the page number, as the caches are asked. */
const pageOf = (hi: number, lo: number): number => (lo >>> 12) | (hi << 20);

/** Entries of each TLB that translate the access's page. */
export function cachedTranslations({ cpu }: MachineParts, insn: Instruction | null): StateTable {
  const { caches, translator } = cpu;
  const rows: StateRow[] = [];
  const show = (name: string, tlb: Tlb, page: number, hi: number): void => {
    const slot = tlb.find(page, contextTag(translator.context, hi), contextTag(translator.globalContext, hi));
    if (slot === 0) return;
    const { cells } = tlb.tags;
    const at = slot * STRIDE;
    const base = `0x${(BigInt(pageNumber(hi, page, cells[at + MASK]!)) << 12n).toString(16)}`;
    const size = SIZES[classOf(cells[at + MASK]!)]!;
    rows.push({
      key: `${name} ${base}`,
      cells: [name, base, size, frame(cells[at + BASE]!), rightsOf(cells[at + FLAGS]!)],
    });
  };
  if (insn !== null) {
    const named: readonly (readonly [string, Tlb])[] = [
      ['L1 data', caches.dtlb],
      ['L1 stores', caches.storeTlb],
      ['L1 fetches', caches.itlb],
      ['L2', caches.stlb],
      ['L2 fetches', caches.stlbInstr],
    ];
    const shift = cpu.mode.canonicalShift;
    const hi = shift === 31 ? 0 : insn.hi | 0;
    named.forEach(([name, tlb], n) => {
      if (named.findIndex(([, other]) => other === tlb) === n) show(name, tlb, pageOf(hi, insn.lo), hi);
    });
  }
  return stateTable('tlb', ['TLB', 'linear page', 'size', 'host frame', 'rights'], rows);
}

const CACHE = {
  guest: 'paging-structure cache',
  nested: 'guest-physical structure cache',
  unified: 'page-table cache',
  page: 'nested TLB',
} as const;

const COLUMNS = ['cache', 'for', 'entry', 'host frame'] as const;

/** Paging-structure caches, page-table cache and nested TLB: entries that a walk of the access's address would find. */
export function cachedWalks(parts: MachineParts, insn: Instruction | null, guest: GuestWalkRows): StateTable {
  const { caches, translator, rootId } = parts.cpu;
  const { guestPsc, nestedPsc, nestedTlb, tableCache } = caches;
  const rows: StateRow[] = [];
  const add = (cache: string, what: string, entry: string, leadsTo: number): void => {
    rows.push({ key: `${cache} ${what} ${entry}`, cells: [cache, what, entry, frame(leadsTo)] });
  };
  const show = (cache: string, what: string, tags: TagArray, slot: number): void => {
    if (slot === 0) return;
    const at = slot * STRIDE;
    const cls = classOf(tags.cells[at + MASK]!);
    add(cache, what, cache === CACHE.page ? SIZES[cls]! : LEADS_TO[cls]!, tags.cells[at + BASE]!);
  };
  const split = (cache: string, what: string, { tags }: SplitPsc, page: number, tag: number): void => {
    for (let cls = 4; cls > 0 && tags.size > 0; cls--) {
      const upper = cls === 4 ? tag & ~0xf : tag;
      show(cache, what, tags, tags.find(cls, page, upper, upper));
    }
  };
  const unified = (what: string, entry: string, slot: number): void => {
    const { cells } = tableCache;
    if (slot !== 0)
      add(CACHE.unified, what, entry, frameOf(cells[slot * STRIDE + FLAGS]!, cells[slot * STRIDE + BASE]!));
  };
  if (insn !== null) {
    const tag = contextTag(translator.context, insn.hi | 0);
    split(CACHE.guest, hexWords(insn.hi, insn.lo), guestPsc, pageOf(insn.hi, insn.lo), tag);
  }
  if (insn !== null && tableCache.size > 0 && parts.cpu.nested === null) {
    for (const { level, table, index } of shadowWalk(parts, insn.hi, insn.lo))
      unified('the shadow table', `level ${level}`, peekTable(tableCache, table, index, translator.context, GUEST));
    return stateTable('walk-caches', COLUMNS, rows);
  }
  for (const { what, hi, lo } of tableCache.size > 0 ? guest.tables : []) {
    const table = frameBehind(parts, hi, lo);
    unified('the guest', what, peekTable(tableCache, table, (lo & 0xfff) >> 3, translator.context, GUEST));
  }
  for (const address of addressesOf(guest)) {
    const { what, hi, lo } = address;
    const tag = nestedTag(rootId, (hi >>> 12) & 0xff);
    split(CACHE.nested, what, nestedPsc, pageOf(hi, lo), tag);
    for (const { level, table, index } of tableCache.size > 0 ? nestedWalk(parts, address) : [])
      unified(what, `level ${level}`, peekTable(tableCache, table, index, rootId, NESTED));
    show(CACHE.page, what, nestedTlb, findNestedPage(nestedTlb, tag, pageOf(hi, lo)));
  }
  return stateTable('walk-caches', COLUMNS, rows);
}

/** Number of the first page under an entry, as a double. */
function pageNumber(hi: number, page: number, mask: number): number {
  return (hi >>> 12) * 0x1_0000_0000 + ((page & mask) >>> 0);
}
