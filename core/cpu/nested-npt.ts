import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import { LARGE_RESERVED, PTE, reservedAddressHi } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import { PLACE, WARM, type LineCache } from './line-cache.ts';
import { frameOf, NEED, NESTED_DENIED, NESTED_DIRTY, NESTED_OK, type NestedWalker } from './nested.ts';
import { dropNestedPage, findNestedPage, nestedTag } from './nested-tlb.ts';
import { CLASS_MASK, RECORD } from './tag-array.ts';
import { findTable, NESTED, storeTable } from './table-cache.ts';
import { tableIndex } from './table-index.ts';
import type { Tally } from './tally.ts';

const { BASE, FLAGS, MASK, STRIDE } = RECORD;
const { P: PTE_P, W: PTE_W, U: PTE_U, A: PTE_A, D: PTE_D, PS: PTE_PS } = PTE;

const { R, W, X, RIGHTS, WALK } = NEED;
const { L1 } = PLACE;
const WARM_BIT = WARM;
const { M2, G1 } = LARGE_RESERVED;
const PARTS = PARTS_PER_FRAME;
const OK = NESTED_OK;
const DENIED = NESTED_DENIED;
const DIRTY = NESTED_DIRTY;
const DENIED_RESERVED = PFERR.P | PFERR.RSVD;
const DENIED_PRESENT = PFERR.P;
const MASKS = CLASS_MASK;
const [, MASK_2M = 0] = CLASS_MASK;

/**
 * The walker of AMD's nested tables: ordinary long-mode tables (APM vol. 2, 15.25). Every access is a user access, so U must be 1 at
 * every level; an access to a guest table is also a write; CR0.WP has no say. Accessed and dirty are bits 5 and 6.
 */
export class NptWalker implements NestedWalker {
  hfn = 0;
  rights = 0;
  cls = 0;
  usedCached = 0;
  denied = 0;
  private root = 0;
  private levels = 4;
  private rootId = 0;
  /** Root id in the high bits of every nested TLB tag. */
  private tag = 0;
  private reached = 0;
  private start = 0;
  private readonly reservedHi: number;
  private readonly p1g: boolean;
  /** Upper entries are cached as they are read; else only once the walk has succeeded, since a fault would drop them. */
  private readonly keepsEarly: boolean;
  /** Levels whose upper entry this walk read from memory. */
  private fresh = 0;
  private readonly table = new Int32Array(6);

  private readonly memory: HostMemory;
  private readonly lines: LineCache;
  private readonly caches: Caches;
  private readonly tally: Tally;
  private readonly events: Recorder;

  constructor(config: CpuConfig, memory: HostMemory, lines: LineCache, caches: Caches, tally: Tally, events: Recorder) {
    this.memory = memory;
    this.lines = lines;
    this.caches = caches;
    this.tally = tally;
    this.events = events;
    this.reservedHi = reservedAddressHi(config.maxphyaddr) | (config.hostNx ? 0 : PTE.NX_HI);
    this.p1g = config.p1g;
    this.keepsEarly = !config.npfDropsTranslation;
  }

  setRoot(hfn: number, levels: number, rootId: number): void {
    this.root = hfn;
    this.levels = levels;
    this.rootId = rootId;
    this.tag = nestedTag(rootId, 0);
  }

  translate(gfnHi: number, gfnLo: number, need: number): number {
    const wanted = (need & WALK) !== 0 ? need | R | W : need;
    const tags = this.caches.nestedTlb;
    const slot = tags.size === 0 ? 0 : findNestedPage(tags, this.tag | gfnHi, gfnLo);
    if (slot !== 0) {
      const at = slot * STRIDE;
      const flags = tags.cells[at + FLAGS]!;
      if ((flags & wanted & RIGHTS) === (wanted & RIGHTS) && ((wanted & W) === 0 || (flags & DIRTY) !== 0)) {
        tags.touch(slot);
        const mask = tags.cells[at + MASK]!;
        this.hfn = tags.cells[at + BASE]! + (gfnLo & ~mask);
        this.rights = flags;
        this.cls = mask === -1 ? 0 : mask === MASK_2M ? 1 : 2;
        this.tally.nestedTlbHits++;
        if (this.events.on) this.events.emit(EVENT.hw_nested_tlb_hit, gfnLo, gfnHi, this.hfn, 0);
        return OK;
      }
      tags.drop(slot);
    }
    return this.walk(gfnHi, gfnLo, wanted);
  }

  dropPage(gfnHi: number, gfnLo: number): void {
    dropNestedPage(this.caches.nestedTlb, this.tag | gfnHi, gfnLo);
  }

  /** Drops the cached upper entries of the walk just made, which was this page's. */
  dropUpper(gfnHi: number, gfnLo: number): void {
    const cache = this.caches.tableCache;
    if (cache.size === 0) return;
    for (let level = this.start; level >= this.reached; level--) {
      cache.drop(findTable(cache, this.table[level]!, tableIndex(level, gfnHi, gfnLo), this.rootId, NESTED));
    }
  }

  private walk(gfnHi: number, gfnLo: number, need: number): number {
    this.usedCached = 0;
    this.fresh = 0;
    const cache = this.caches.tableCache;
    const { words, chunkOf } = this.memory;
    const { lines, tally, reservedHi, rootId } = this;
    lines.cover(words.length);
    const { residence } = lines;
    const on = this.events.on;
    const top = this.levels;
    let level = top;
    let table = this.root;
    let rights: number = RIGHTS;
    let user: number = PTE_U;
    let missing = 0;
    this.start = top;
    this.reached = top;
    if (top === 4 && gfnHi >= 16) return this.deny(0);
    for (;;) {
      const index = tableIndex(level, gfnHi, gfnLo);
      this.table[level] = table;
      this.reached = level;
      let lo: number;
      let hi: number;
      const kept = level === 1 || cache.size === 0 ? 0 : findTable(cache, table, index, rootId, NESTED);
      if (kept !== 0) {
        lo = cache.cells[kept * STRIDE + BASE]!;
        hi = cache.cells[kept * STRIDE + FLAGS]!;
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 1, level - 1, (lo >>> 12) | (hi << 20), 0);
      } else {
        const at = (chunkOf[table * PARTS + (index >> 5)]! << 6) + ((index & 31) << 1);
        lo = words[at]! | 0;
        hi = words[at + 1]! | 0;
        let place: number = L1;
        if ((residence[at >> 4]! & WARM_BIT) === 0) {
          place = lines.walkLoad(table, index, at >> 4);
          if (place !== L1) tally.countNested(place);
        }
        tally.nestedLoads++;
        if (on) this.events.emit(EVENT.hw_nested_entry, level, place, hi, lo);
      }
      if ((lo & PTE_P) === 0) return this.deny(0);
      if ((hi & reservedHi) !== 0) return this.deny(DENIED_RESERVED);
      user &= lo;
      rights &= R | ((lo & PTE_W) !== 0 ? W : 0) | (hi >= 0 ? X : 0);
      if (level === 1 || (lo & PTE_PS) !== 0) {
        if (level > 1 && (level === 2 ? (lo & M2) !== 0 : level > 3 || !this.p1g || (lo & G1) !== 0)) {
          return this.deny(DENIED_RESERVED);
        }
        if (user === 0 || (rights & need & RIGHTS) !== (need & RIGHTS)) return this.deny(DENIED_PRESENT);
        const writes = (need & W) !== 0;
        missing |= ~lo & (writes ? PTE_A | PTE_D : PTE_A);
        if (missing !== 0) this.setFlags(gfnHi, gfnLo, level, writes);
        const frame = frameOf(hi, lo);
        const base = frame < 0 ? frame : frame & MASKS[level - 1]!;
        const flags = rights | (writes || (lo & PTE_D) !== 0 ? DIRTY : 0);
        this.cls = level - 1;
        this.hfn = base + (gfnLo & ~MASKS[level - 1]!);
        this.rights = flags;
        if (!this.keepsEarly && this.fresh !== 0) this.keepUpper(gfnHi, gfnLo);
        const page = this.caches.nestedTlb;
        const slot = page.insertNew(0, this.cls, gfnLo, this.tag | gfnHi);
        if (slot !== 0) {
          page.cells[slot * STRIDE + BASE] = base;
          page.cells[slot * STRIDE + FLAGS] = flags;
        }
        return OK;
      }
      missing |= ~lo & PTE_A;
      if (kept === 0) {
        // Once it and those above are accessed, an upper entry may be cached although the walk fails below.
        if (missing === 0 && this.keepsEarly) storeTable(cache, table, index, rootId, NESTED, hi, lo);
        this.fresh |= 1 << level;
      }
      table = frameOf(hi, lo);
      level--;
    }
  }

  /** Caches the upper entries that this walk read from memory. */
  private keepUpper(gfnHi: number, gfnLo: number): void {
    const cache = this.caches.tableCache;
    if (cache.slots === 0) return;
    for (let level = this.start; level > this.reached; level--) {
      if (((this.fresh >> level) & 1) === 0) continue;
      const table = this.table[level]!;
      const index = tableIndex(level, gfnHi, gfnLo);
      const { memory } = this;
      storeTable(cache, table, index, this.rootId, NESTED, memory.entryHi(table, index), memory.entryLo(table, index));
    }
  }

  private deny(bits: number): number {
    this.denied = bits;
    return DENIED;
  }

  /** Sets A in every entry of the walk just made that lacks it, D in the leaf for a write. */
  private setFlags(gfnHi: number, gfnLo: number, leaf: number, write: boolean): void {
    for (let level = this.start; level >= leaf; level--) {
      const table = this.table[level]!;
      const index = tableIndex(level, gfnHi, gfnLo);
      const lo = this.memory.entryLo(table, index);
      const set = lo | PTE_A | (write && level === leaf ? PTE_D : 0);
      if (set === lo) continue;
      this.memory.setWord(table, index * 2, set);
      this.tally.nestedSetAd++;
    }
  }
}
