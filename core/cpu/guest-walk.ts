import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import { LARGE_RESERVED, PTE, PTE_PKEY_SHIFT_HI, reservedAddressHi } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import { EntryWalker, READ_ENTRY, UPDATE_ENTRY } from './entry-walker.ts';
import type { GuestMode } from './guest-mode.ts';
import { PLACE, WARM, type LineCache } from './line-cache.ts';
import { NESTED_OK, NO_FRAME, type NestedWalker } from './nested.ts';
import { pscClass } from './psc.ts';
import { KIND, RIGHT } from './rights.ts';
import { CLASS_MASK, RECORD } from './tag-array.ts';
import { findTable, GUEST, storeTable } from './table-cache.ts';
import { tableIndex } from './table-index.ts';
import { WALK_OK } from './table-walker.ts';
import type { Tally } from './tally.ts';

const { BASE, FLAGS, MASK, X, STRIDE } = RECORD;
/** A paging-structure-cache entry keeps the upper bits of its table's guest frame above its rights. */
const FRAME_SHIFT = 24;
const {
  U: R_U,
  W: R_W,
  X: R_X,
  KEY_SHIFT: R_KEY_SHIFT,
  KEY_PLAIN: R_KEY_PLAIN,
  GLOBAL: R_GLOBAL,
  PAGE_SHIFT: R_PAGE_SHIFT,
  DIRTY: R_DIRTY,
} = RIGHT;
const { P: PTE_P, W: PTE_W, U: PTE_U, A: PTE_A, D: PTE_D, PS: PTE_PS, G: PTE_G } = PTE;

const { L1 } = PLACE;
const WARM_BIT = WARM;
const { WRITE: KIND_WRITE, RMW: KIND_RMW } = KIND;
const { M2, G1 } = LARGE_RESERVED;
const NX_HI = PTE.NX_HI;
const KEY_SHIFT_HI = PTE_PKEY_SHIFT_HI;
const PARTS = PARTS_PER_FRAME;
const OK = NESTED_OK;
const FRAMELESS = NO_FRAME;
const FAULT_RESERVED = PFERR.P | PFERR.RSVD;
const [, MASK_2M = 0, MASK_1G = 0] = CLASS_MASK;
const READ = READ_ENTRY;
const UPDATE = UPDATE_ENTRY;
const UPPER = R_U | R_W | R_X;

/** In PAE entries, address bits 62:52 are reserved too. */
const PAE_RESERVED_HI = 0x7ff0_0000;

/**
 * The walker of tables with 8-byte entries (SDM vol. 3A, "4-Level Paging and 5-Level Paging", "PAE Paging"). Entries are read from guest
 * memory: each table's frame is translated through the second dimension first, unless there is none.
 */
export class GuestWalker extends EntryWalker {
  /** Level of the guest's leaf. */
  private leaf = 1;
  private start = 4;
  private reached = 4;
  /** Rights accumulated above the first entry read. */
  private startFlags = UPPER;
  /** By level: host frame and guest frame of the table, the entry read. */
  private readonly table = new Int32Array(6);
  private readonly tableHi = new Int32Array(6);
  private readonly tableLo = new Int32Array(6);
  private readonly entryLo = new Int32Array(6);
  private readonly entryHi = new Int32Array(6);

  private readonly caches: Caches;
  private readonly reservedHi: number;
  private readonly p1g: boolean;

  constructor(
    config: CpuConfig,
    memory: HostMemory,
    lines: LineCache,
    caches: Caches,
    tally: Tally,
    events: Recorder,
    nested: NestedWalker | null,
  ) {
    super(config, memory, lines, tally, events, nested);
    this.caches = caches;
    this.reservedHi = reservedAddressHi(config.maxphyaddr);
    this.p1g = config.p1g;
  }

  walk(hi: number, vpn: number, tag: number, mode: GuestMode, rootHi: number, rootLo: number): number {
    const { nested, lines, tally, memory, entryLo, entryHi } = this;
    const psc = this.caches.guestPsc;
    lines.cover(memory.words.length);
    const on = this.events.on;
    const pae = mode.levels === 3;
    // A PAE walk begins at its directory: the caller has read the page-directory-pointer entry.
    const top = pae ? 2 : mode.levels;
    const narrow = pae ? this.reservedHi | PAE_RESERVED_HI : this.reservedHi;
    const reservedHi = mode.nxe ? narrow : narrow | NX_HI;
    let level = top;
    let gfnHi = rootHi;
    let gfnLo = rootLo;
    let table = -1;
    let flags = UPPER;
    this.usedCached = 0;
    if (psc.tags.size !== 0) {
      const slot = psc.deepest(vpn, tag, top - 1);
      if (slot !== 0) {
        const at = slot * STRIDE;
        const cells = psc.tags.cells;
        table = cells[at + BASE]!;
        flags = cells[at + FLAGS]! & UPPER;
        gfnLo = cells[at + X]!;
        gfnHi = cells[at + FLAGS]! >>> FRAME_SHIFT;
        level = pscClass(cells[at + MASK]!);
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 0, level, table, 0);
      }
    }
    this.start = level;
    this.startFlags = flags;
    const unified = this.caches.tableCache;
    for (;;) {
      this.reached = level;
      const index = tableIndex(level, hi, vpn);
      if (table === -1) {
        if (nested === null) table = gfnHi === 0 ? gfnLo : FRAMELESS;
        else {
          const problem = nested.translate(gfnHi, gfnLo, READ);
          if (problem !== OK) return this.exit(problem, READ, gfnHi, gfnLo, index << 3);
          table = nested.hfn;
        }
      }
      this.table[level] = table;
      let lo: number;
      let high: number;
      const kept = unified.size === 0 || level === 1 ? 0 : findTable(unified, table, index, this.context, GUEST);
      if (kept !== 0) {
        lo = unified.cells[kept * STRIDE + BASE]!;
        high = unified.cells[kept * STRIDE + FLAGS]!;
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 0, level - 1, (lo >>> 12) | (high << 20), 0);
      } else {
        const words = memory.words;
        const at = (memory.chunkOf[table * PARTS + (index >> 5)]! << 6) + ((index & 31) << 1);
        lo = words[at]! | 0;
        high = words[at + 1]! | 0;
        let place: number = L1;
        if ((lines.residence[at >> 4]! & WARM_BIT) === 0) {
          place = lines.walkLoad(table, index, at >> 4);
          if (place !== L1) tally.countGuest(place);
        }
        tally.guestLoads++;
        if (on) this.events.emit(EVENT.hw_guest_entry, level, place, high, lo);
      }
      this.tableHi[level] = gfnHi;
      this.tableLo[level] = gfnLo;
      entryLo[level] = lo;
      entryHi[level] = high;
      if ((lo & PTE_P) === 0) return this.fault(0);
      if ((high & reservedHi) !== 0) return this.fault(FAULT_RESERVED);
      flags &= ((lo & PTE_U) !== 0 ? R_U : 0) | ((lo & PTE_W) !== 0 ? R_W : 0) | (high >= 0 ? R_X : 0);
      gfnLo = (lo >>> 12) | (high << 20);
      gfnHi = (high >>> 12) & 0xff;
      if (level === 1 || (lo & PTE_PS) !== 0) {
        if (level > 1) {
          if (level === 2 ? (lo & M2) !== 0 : level > 3 || !this.p1g || (lo & G1) !== 0) {
            return this.fault(FAULT_RESERVED);
          }
          const mask = level === 2 ? MASK_2M : MASK_1G;
          gfnLo = (gfnLo & mask) | (vpn & ~mask);
        }
        this.leaf = level;
        this.cls = level - 1;
        this.gfnLo = gfnLo;
        this.gfnHi = gfnHi;
        const key = (high >>> KEY_SHIFT_HI) & 15;
        this.flags =
          flags |
          (key << R_KEY_SHIFT) |
          (key === 0 || (flags & R_U) === 0 ? R_KEY_PLAIN : 0) |
          (mode.pge && (lo & PTE_G) !== 0 ? R_GLOBAL : 0) |
          ((level - 1) << R_PAGE_SHIFT);
        return WALK_OK;
      }
      table = -1;
      level--;
    }
  }

  commit(hi: number, vpn: number, kind: number): number {
    const write = kind === KIND_WRITE || kind === KIND_RMW;
    let missing = 0;
    for (let level = this.start; level >= this.leaf; level--) missing |= ~this.entryLo[level]!;
    const leafLo = this.entryLo[this.leaf]!;
    if ((missing & PTE_A) !== 0 || (write && (leafLo & PTE_D) === 0)) {
      const problem = this.setFlags(hi, vpn, write);
      if (problem !== WALK_OK) return problem;
    }
    if (write || (leafLo & PTE_D) !== 0) this.flags |= R_DIRTY;
    return WALK_OK;
  }

  keep(hi: number, vpn: number, tag: number): void {
    if (this.start <= this.leaf) return;
    if (this.caches.guestPsc.present) this.fillPsc(vpn, tag);
    if (this.caches.tableCache.slots !== 0) this.fillUnified(hi, vpn);
  }

  dropUpper(hi: number, vpn: number, tag: number): void {
    this.caches.guestPsc.dropFor(vpn, tag);
    const unified = this.caches.tableCache;
    if (unified.size === 0) return;
    for (let level = this.start; level >= this.reached; level--) {
      unified.drop(findTable(unified, this.table[level]!, tableIndex(level, hi, vpn), this.context, GUEST));
    }
  }

  private fillPsc(vpn: number, tag: number): void {
    const psc = this.caches.guestPsc;
    let flags = this.startFlags;
    for (let level = this.start; level > this.leaf; level--) {
      const lo = this.entryLo[level]!;
      const high = this.entryHi[level]!;
      flags &= ((lo & PTE_U) !== 0 ? R_U : 0) | ((lo & PTE_W) !== 0 ? R_W : 0) | (high >= 0 ? R_X : 0);
      const kept = flags | (this.tableHi[level - 1]! << FRAME_SHIFT);
      const at = psc.storeNew(level - 1, vpn, tag, this.table[level - 1]!, kept);
      if (at >= 0) psc.tags.cells[at + X] = this.tableLo[level - 1]!;
    }
  }

  private fillUnified(hi: number, vpn: number): void {
    const unified = this.caches.tableCache;
    for (let level = this.start; level > this.leaf; level--) {
      const index = tableIndex(level, hi, vpn);
      storeTable(unified, this.table[level]!, index, this.context, GUEST, this.entryHi[level]!, this.entryLo[level]!);
    }
  }

  private setFlags(hi: number, vpn: number, write: boolean): number {
    for (let level = this.start; level >= this.leaf; level--) {
      const lo = this.entryLo[level]!;
      const set = lo | PTE_A | (write && level === this.leaf ? PTE_D : 0);
      if (set === lo) continue;
      const index = tableIndex(level, hi, vpn);
      if (this.updateNeedsWalk) {
        const gfnHi = this.tableHi[level]!;
        const gfnLo = this.tableLo[level]!;
        const problem = this.nested!.translate(gfnHi, gfnLo, UPDATE);
        if (problem !== OK) return this.exit(problem, UPDATE, gfnHi, gfnLo, index << 3);
      }
      this.memory.setWord(this.table[level]!, index * 2, set);
      this.entryLo[level] = set;
      this.tally.setAd++;
    }
    return WALK_OK;
  }
}
