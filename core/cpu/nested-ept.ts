import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import {
  EPT,
  EPT_BAD_MEMTYPES,
  EPT_BAD_RWX,
  EPT_EXECUTE_ONLY,
  EPT_LARGE_RESERVED,
  EPT_NONLEAF_RESERVED,
  PML_LAST_INDEX,
} from '../spec/ept.ts';
import { reservedAddressHi } from '../spec/paging.ts';
import type { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import { PLACE, type LineCache } from './line-cache.ts';
import {
  NEED,
  NESTED_DENIED,
  NESTED_DIRTY,
  NESTED_MISCONFIG,
  NESTED_OK,
  NESTED_PML_FULL,
  type NestedWalker,
} from './nested.ts';
import { pscClass } from './psc.ts';
import { CLASS_MASK, F_BASE, F_FLAGS, F_MASK, STRIDE } from './tag-array.ts';
import { tableIndex } from './table-index.ts';
import type { Tally } from './tally.ts';

const { W, RIGHTS, WALK } = NEED;
const R_W = NEED.R | NEED.W;

/** The walker of extended page tables: SDM vol. 3C, "The Extended Page Table Mechanism". */
export class EptWalker implements NestedWalker {
  hfn = 0;
  rights = 0;
  cls = 0;
  denied = 0;
  usedCached = 0;
  /** Page-modification log: its frame (0: off) and the next index, which counts down from 511 and is 0xffff after the last entry. */
  readonly pml = new Int32Array([0, PML_LAST_INDEX]);
  private root = 0;
  private levels = 4;
  /** Root id in the high bits of every tag. */
  private tag = 0;
  private readonly badRwx: number;
  private readonly reservedHi: number;
  private readonly ad: boolean;
  private readonly p1g: boolean;
  private readonly pathHfn = new Int32Array(6);

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
    this.badRwx = EPT_BAD_RWX | (config.executeOnly ? 0 : EPT_EXECUTE_ONLY);
    this.reservedHi = reservedAddressHi(config.maxphyaddr);
    this.ad = config.eptAd;
    this.p1g = config.p1g;
  }

  setRoot(hfn: number, levels: number, rootId: number): void {
    this.root = hfn;
    this.levels = levels;
    this.tag = rootId << 8;
  }

  translate(gfnHi: number, gfnLo: number, need: number): number {
    const wanted = this.ad && (need & WALK) !== 0 ? need | R_W : need;
    const tags = this.caches.nestedTlb;
    if (tags.size !== 0) {
      const slot = this.findPage(this.tag | gfnHi, gfnLo);
      if (slot !== 0) {
        const at = slot * STRIDE;
        const flags = tags.cells[at + F_FLAGS]!;
        if ((flags & wanted & RIGHTS) === (wanted & RIGHTS) && ((wanted & W) === 0 || (flags & NESTED_DIRTY) !== 0)) {
          tags.touch(slot);
          const mask = tags.cells[at + F_MASK]!;
          this.hfn = tags.cells[at + F_BASE]! + (gfnLo & ~mask);
          this.rights = flags;
          this.cls = mask === -1 ? 0 : mask === CLASS_MASK[1] ? 1 : 2;
          this.usedCached = 1;
          this.tally.nestedTlbHits++;
          if (this.events.on) this.events.emit(EVENT.hw_nested_tlb_hit, gfnLo, gfnHi, this.hfn, 0);
          return NESTED_OK;
        }
      }
    }
    return this.walk(gfnHi, gfnLo, wanted);
  }

  dropPage(gfnHi: number, gfnLo: number): void {
    const { nestedTlb } = this.caches;
    for (let slot = this.findPage(this.tag | gfnHi, gfnLo); slot !== 0; slot = this.findPage(this.tag | gfnHi, gfnLo)) {
      nestedTlb.drop(slot);
    }
  }

  /** Drops the guest-physical paging-structure-cache entries used for a page. */
  dropUpper(gfnHi: number, gfnLo: number): void {
    this.caches.nestedPsc.dropFor(gfnLo, this.tag | gfnHi);
  }

  private findPage(tag: number, gfnLo: number): number {
    const tags = this.caches.nestedTlb;
    const slot = tags.find(0, gfnLo, tag, tag);
    if (slot !== 0) return slot;
    const large = tags.find(1, gfnLo, tag, tag);
    return large !== 0 ? large : tags.find(2, gfnLo, tag, tag);
  }

  private walk(gfnHi: number, gfnLo: number, need: number): number {
    const tag = this.tag | gfnHi;
    const psc = this.caches.nestedPsc;
    const { words, chunkOf } = this.memory;
    const { lines, tally, ad, pathHfn, reservedHi, badRwx } = this;
    const on = this.events.on;
    const top = this.levels;
    let level = top;
    let table = this.root;
    let rights: number = RIGHTS;
    // One load finds nothing above the address width of the table: such an address is not mapped.
    if (top === 4 && gfnHi >= 16) return this.deny(0);
    if (psc.tags.size !== 0) {
      const slot = psc.deepest(gfnLo, tag, top - 1);
      if (slot !== 0) {
        const at = slot * STRIDE;
        const cells = psc.tags.cells;
        table = cells[at + F_BASE]!;
        rights = cells[at + F_FLAGS]!;
        level = pscClass(cells[at + F_MASK]!);
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 1, level, table, 0);
      }
    }
    const start = level;
    let clean = 0;
    for (;;) {
      const index = tableIndex(level, gfnHi, gfnLo);
      const at = (chunkOf[table * PARTS_PER_FRAME + (index >> 5)]! << 6) + ((index & 31) << 1);
      const lo = words[at]! | 0;
      const hi = words[at + 1]! | 0;
      const place = lines.walkLoad(table, index);
      tally.nestedLoads++;
      if (place !== PLACE.L1) tally.countNested(place);
      if (on) this.events.emit(EVENT.hw_nested_entry, level, place, hi, lo);
      const rwx = lo & RIGHTS;
      if (rwx === 0) return this.deny(0);
      if (((badRwx >> rwx) & 1) !== 0 || (hi & reservedHi) !== 0) return NESTED_MISCONFIG;
      rights &= rwx;
      pathHfn[level] = table;
      if (level === 1 || ((lo & EPT.PS) !== 0 && (level === 2 || (level === 3 && this.p1g)))) {
        if (((EPT_BAD_MEMTYPES >> ((lo >> EPT.MEMTYPE_SHIFT) & EPT.MEMTYPE_MASK)) & 1) !== 0) return NESTED_MISCONFIG;
        if (level === 2 ? (lo & EPT_LARGE_RESERVED.M2) !== 0 : level === 3 && (lo & EPT_LARGE_RESERVED.G1) !== 0) {
          return NESTED_MISCONFIG;
        }
        if ((rights & need & RIGHTS) !== (need & RIGHTS)) return this.deny(rights);
        const base = (lo >>> 12) | (hi << 20);
        let dirty: number = NESTED_DIRTY;
        if (ad) {
          const writes = (need & W) !== 0;
          clean |= ~lo & (writes ? EPT.A | EPT.D : EPT.A);
          if (clean !== 0) {
            const problem = this.setFlags(gfnHi, gfnLo, start, level, writes);
            if (problem !== NESTED_OK) return problem;
          }
          if (!writes && (lo & EPT.D) === 0) dirty = 0;
        }
        this.cls = level - 1;
        this.hfn = base + (level === 1 ? 0 : gfnLo & ~CLASS_MASK[level - 1]!);
        this.rights = rights | dirty;
        const page = this.caches.nestedTlb;
        const slot = page.insert(0, this.cls, gfnLo, tag);
        if (slot !== 0) {
          page.cells[slot * STRIDE + F_BASE] = base;
          page.cells[slot * STRIDE + F_FLAGS] = rights | dirty;
        }
        return NESTED_OK;
      }
      if ((lo & EPT_NONLEAF_RESERVED) !== 0 || (lo & EPT.PS) !== 0) return NESTED_MISCONFIG;
      table = (lo >>> 12) | (hi << 20);
      clean |= ~lo & EPT.A;
      level--;
      // Upper entries may be cached although the walk fails below; with A/D on only once they are accessed.
      if (!ad || (clean & EPT.A) === 0) psc.store(level, gfnLo, tag, table, rights);
    }
  }

  private deny(rights: number): number {
    this.denied = rights;
    return NESTED_DENIED;
  }

  /** Sets A in every entry of the walk just made, D in the leaf for a write; logs a page that becomes dirty. */
  private setFlags(gfnHi: number, gfnLo: number, start: number, leaf: number, write: boolean): number {
    const { memory, pml } = this;
    if (write && pml[0] !== 0) {
      const table = this.pathHfn[leaf]!;
      const lo = memory.entryLo(table, tableIndex(leaf, gfnHi, gfnLo));
      if ((lo & EPT.D) === 0) {
        const index = pml[1]!;
        if (index > PML_LAST_INDEX) return NESTED_PML_FULL;
        memory.setEntry(pml[0]!, index, (gfnLo >>> 20) | (gfnHi << 12), gfnLo << 12);
        pml[1] = (index - 1) & 0xffff;
        this.tally.pml++;
      }
    }
    for (let level = start; level >= leaf; level--) {
      const table = this.pathHfn[level]!;
      const index = tableIndex(level, gfnHi, gfnLo);
      const lo = memory.entryLo(table, index);
      const set = lo | EPT.A | (write && level === leaf ? EPT.D : 0);
      if (set === lo) continue;
      memory.setWord(table, index * 2, set);
      this.tally.nestedSetAd++;
    }
    return NESTED_OK;
  }
}
