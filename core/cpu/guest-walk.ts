import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import { LARGE_RESERVED, PTE, PTE_PKEY_SHIFT_HI, reservedAddressHi } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import type { GuestMode } from './guest-mode.ts';
import { PLACE, type LineCache } from './line-cache.ts';
import { NEED, NESTED_OK, type NestedWalker } from './nested.ts';
import { pscClass } from './psc.ts';
import { KIND, RIGHT } from './rights.ts';
import { CLASS_MASK, F_BASE, F_FLAGS, F_MASK, F_X, F_Y, STRIDE } from './tag-array.ts';
import { findTable, GUEST, storeTable } from './table-cache.ts';
import { tableIndex } from './table-index.ts';
import type { Tally } from './tally.ts';

/** Answers of a guest walk. */
export const WALK_OK = 0;
/** A #PF: the error code's P and RSVD stand in `faultBits`. */
export const WALK_FAULT = 1;
/** The second dimension refused an access: `problem`, the guest-physical address and `problemNeed` say which. */
export const WALK_EXIT = 2;

const READ_ENTRY = NEED.R | NEED.WALK;
const UPDATE_ENTRY = NEED.R | NEED.W | NEED.WALK | NEED.UPDATE;
const UPPER = RIGHT.U | RIGHT.W | RIGHT.X;

/**
 * The walker of the guest's own tables in long mode, 4 and 5 levels (SDM vol. 3A, "4-Level Paging and 5-Level Paging"). Entries are read
 * from guest memory: each table's frame is translated through the second dimension first, unless there is none.
 *
 * The walk only reads. Once the caller has checked the guest's rights, `commit` sets accessed and dirty flags and fills the
 * paging-structure caches.
 */
export class GuestWalker {
  /** Final guest frame. */
  gfnHi = 0;
  gfnLo = 0;
  /** Accumulated guest rights, GLOBAL, key, page class: RIGHT flags. */
  flags = 0;
  /** Size class of the guest's page: 0 4K, 1 2M, 2 1G. */
  cls = 0;
  /** Level of the guest's leaf. */
  leaf = 1;
  faultBits = 0;
  problem = 0;
  problemNeed = 0;
  problemHi = 0;
  problemLo = 0;
  problemOffset = 0;
  /** 1 when the walk relied on cached information. */
  usedCached = 0;

  /** Owner of unified-cache entries: the context id. */
  context = 0;

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

  private readonly memory: HostMemory;
  private readonly lines: LineCache;
  private readonly caches: Caches;
  private readonly tally: Tally;
  private readonly events: Recorder;
  private readonly nested: NestedWalker | null;
  private readonly reservedHi: number;
  private readonly p1g: boolean;
  private readonly updateNeedsWalk: boolean;

  constructor(
    config: CpuConfig,
    memory: HostMemory,
    lines: LineCache,
    caches: Caches,
    tally: Tally,
    events: Recorder,
    nested: NestedWalker | null,
  ) {
    this.memory = memory;
    this.lines = lines;
    this.caches = caches;
    this.tally = tally;
    this.events = events;
    this.nested = nested;
    this.reservedHi = reservedAddressHi(config.maxphyaddr);
    this.p1g = config.p1g;
    this.updateNeedsWalk = nested !== null && config.nested === 'ept' && !config.eptAd;
  }

  /**
   * Walks from the deepest cached table, or from `root` (a guest frame, or a host frame without nesting). `hi` is the high word of the
   * address shifted right by 12, `vpn` the low word of the page number, `tag` the high tag word of the current context.
   */
  walk(hi: number, vpn: number, tag: number, mode: GuestMode, rootHi: number, rootLo: number): number {
    const { nested, lines, tally, memory, entryLo, entryHi } = this;
    const psc = this.caches.guestPsc;
    const on = this.events.on;
    const top = mode.levels;
    const reservedHi = mode.nxe ? this.reservedHi : this.reservedHi | PTE.NX_HI;
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
        table = cells[at + F_BASE]!;
        flags = cells[at + F_FLAGS]!;
        gfnLo = cells[at + F_X]!;
        gfnHi = cells[at + F_Y]!;
        level = pscClass(cells[at + F_MASK]!);
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
      if (table < 0) {
        if (nested === null) table = gfnLo;
        else {
          const problem = nested.translate(gfnHi, gfnLo, READ_ENTRY);
          if (problem !== NESTED_OK) return this.exit(problem, READ_ENTRY, gfnHi, gfnLo, index << 3);
          table = nested.hfn;
        }
      }
      this.table[level] = table;
      let lo: number;
      let high: number;
      const kept = unified.live[0] === 0 || level === 1 ? 0 : findTable(unified, table, index, this.context, GUEST);
      if (kept !== 0) {
        lo = unified.cells[kept * STRIDE + F_BASE]!;
        high = unified.cells[kept * STRIDE + F_FLAGS]!;
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 0, level - 1, (lo >>> 12) | (high << 20), 0);
      } else {
        const words = memory.words;
        const at = (memory.chunkOf[table * PARTS_PER_FRAME + (index >> 5)]! << 6) + ((index & 31) << 1);
        lo = words[at]! | 0;
        high = words[at + 1]! | 0;
        const place = lines.walkLoad(table, index);
        tally.guestLoads++;
        if (place !== PLACE.L1) tally.countGuest(place);
        if (on) this.events.emit(EVENT.hw_guest_entry, level, place, high, lo);
      }
      this.tableHi[level] = gfnHi;
      this.tableLo[level] = gfnLo;
      entryLo[level] = lo;
      entryHi[level] = high;
      if ((lo & PTE.P) === 0) return this.fault(0);
      if ((high & reservedHi) !== 0) return this.fault(PFERR.P | PFERR.RSVD);
      flags &= ((lo & PTE.U) !== 0 ? RIGHT.U : 0) | ((lo & PTE.W) !== 0 ? RIGHT.W : 0) | (high >= 0 ? RIGHT.X : 0);
      gfnLo = (lo >>> 12) | (high << 20);
      gfnHi = (high >>> 12) & 0xff;
      if (level === 1 || (lo & PTE.PS) !== 0) {
        if (level > 1) {
          if (level === 2 ? (lo & LARGE_RESERVED.M2) !== 0 : level > 3 || !this.p1g || (lo & LARGE_RESERVED.G1) !== 0) {
            return this.fault(PFERR.P | PFERR.RSVD);
          }
          const mask = CLASS_MASK[level - 1]!;
          gfnLo = (gfnLo & mask) | (vpn & ~mask);
        }
        this.leaf = level;
        this.cls = level - 1;
        this.gfnLo = gfnLo;
        this.gfnHi = gfnHi;
        const key = (high >>> PTE_PKEY_SHIFT_HI) & 15;
        this.flags =
          flags |
          (key << RIGHT.KEY_SHIFT) |
          (key === 0 || (flags & RIGHT.U) === 0 ? RIGHT.KEY_PLAIN : 0) |
          (mode.pge && (lo & PTE.G) !== 0 ? RIGHT.GLOBAL : 0) |
          ((level - 1) << RIGHT.PAGE_SHIFT);
        return WALK_OK;
      }
      table = -1;
      level--;
    }
  }

  /** Paging off: the linear address is the guest-physical one, and everything is allowed. */
  identity(hi: number, vpn: number): void {
    this.gfnLo = vpn;
    this.gfnHi = hi & 0xff;
    this.cls = 2;
    this.flags = UPPER | RIGHT.KEY_PLAIN | RIGHT.DIRTY | (2 << RIGHT.PAGE_SHIFT);
  }

  /**
   * Sets A in every entry read and D in the leaf for a write, through the second dimension; then fills the paging-structure caches.
   * WALK_OK or WALK_EXIT. `flags` gains DIRTY where a write needs no further walk.
   */
  commit(hi: number, vpn: number, tag: number, kind: number): number {
    const write = kind === KIND.WRITE || kind === KIND.RMW;
    let missing = 0;
    for (let level = this.start; level >= this.leaf; level--) missing |= ~this.entryLo[level]!;
    const leafLo = this.entryLo[this.leaf]!;
    if ((missing & PTE.A) !== 0 || (write && (leafLo & PTE.D) === 0)) {
      const problem = this.setFlags(hi, vpn, write);
      if (problem !== WALK_OK) return problem;
    }
    if (write || (leafLo & PTE.D) !== 0) this.flags |= RIGHT.DIRTY;
    if (this.start > this.leaf) {
      if (this.caches.guestPsc.present) this.fillPsc(vpn, tag);
      if (this.caches.tableCache.slots !== 0) this.fillUnified(hi, vpn);
    }
    return WALK_OK;
  }

  /** Drops the cached upper entries used for a page. */
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
      flags &= ((lo & PTE.U) !== 0 ? RIGHT.U : 0) | ((lo & PTE.W) !== 0 ? RIGHT.W : 0) | (high >= 0 ? RIGHT.X : 0);
      const at = psc.store(level - 1, vpn, tag, this.table[level - 1]!, flags);
      if (at < 0) continue;
      psc.tags.cells[at + F_X] = this.tableLo[level - 1]!;
      psc.tags.cells[at + F_Y] = this.tableHi[level - 1]!;
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
      const set = lo | PTE.A | (write && level === this.leaf ? PTE.D : 0);
      if (set === lo) continue;
      const index = tableIndex(level, hi, vpn);
      if (this.updateNeedsWalk) {
        const gfnHi = this.tableHi[level]!;
        const gfnLo = this.tableLo[level]!;
        const problem = this.nested!.translate(gfnHi, gfnLo, UPDATE_ENTRY);
        if (problem !== NESTED_OK) return this.exit(problem, UPDATE_ENTRY, gfnHi, gfnLo, index << 3);
      }
      this.memory.setWord(this.table[level]!, index * 2, set);
      this.entryLo[level] = set;
      this.tally.setAd++;
    }
    return WALK_OK;
  }

  private fault(bits: number): number {
    this.faultBits = bits;
    return WALK_FAULT;
  }

  private exit(problem: number, need: number, gfnHi: number, gfnLo: number, offset: number): number {
    this.problem = problem;
    this.problemNeed = need;
    this.problemHi = gfnHi;
    this.problemLo = gfnLo;
    this.problemOffset = offset;
    return WALK_EXIT;
  }
}
