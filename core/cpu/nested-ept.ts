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
import { PLACE, WARM, type LineCache } from './line-cache.ts';
import {
  FAR_ADDRESS_HI,
  frameOf,
  NEED,
  NESTED_DENIED,
  NESTED_DIRTY,
  NESTED_MISCONFIG,
  NESTED_OK,
  NESTED_PML_FULL,
  type NestedWalker,
} from './nested.ts';
import { dropNestedPage, findNestedPage, nestedTag } from './nested-tlb.ts';
import { pscClass, type SplitPsc } from './psc.ts';
import { CLASS_MASK, RECORD, type TagArray } from './tag-array.ts';
import { tableIndex } from './table-index.ts';
import type { Tally } from './tally.ts';

const { BASE, FLAGS, MASK, STRIDE } = RECORD;
const { PS, A, D, MEMTYPE_SHIFT, MEMTYPE_MASK } = EPT;

const { W, RIGHTS, WALK } = NEED;
const { L1 } = PLACE;
const WARM_BIT = WARM;
const { M2, G1 } = EPT_LARGE_RESERVED;
const BAD_MEMTYPES = EPT_BAD_MEMTYPES;
const NONLEAF_RESERVED = EPT_NONLEAF_RESERVED;
const PARTS = PARTS_PER_FRAME;
const [, MASK_2M = 0, MASK_1G = 0] = CLASS_MASK;
// What a module imports is read from memory at each use; its own constants are folded into the code.
const OK = NESTED_OK;
const DENIED = NESTED_DENIED;
const MISCONFIG = NESTED_MISCONFIG;
const DIRTY = NESTED_DIRTY;
/** An upper entry's rights and reserved bits. */
const UPPER_MASK = RIGHTS | NONLEAF_RESERVED | EPT.PS;
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
  /** Tables of this walk's entries that lack A, by level, and the leaf's. */
  private readonly unaccessed = new Int32Array(6);
  private readonly badRwx: number;
  private readonly reservedHi: number;
  /** Bits that keep an upper entry from being plain: reserved ones, and addresses beyond any host memory. */
  private readonly oddHi: number;
  private readonly ad: boolean;
  private readonly p1g: boolean;

  private readonly memory: HostMemory;
  private readonly lines: LineCache;
  /** The nested TLB, and the guest-physical paging-structure caches. */
  private readonly pages: TagArray;
  private readonly psc: SplitPsc;
  private readonly tally: Tally;
  private readonly events: Recorder;

  constructor(config: CpuConfig, memory: HostMemory, lines: LineCache, caches: Caches, tally: Tally, events: Recorder) {
    this.memory = memory;
    this.lines = lines;
    this.pages = caches.nestedTlb;
    this.psc = caches.nestedPsc;
    this.tally = tally;
    this.events = events;
    this.badRwx = EPT_BAD_RWX | (config.executeOnly ? 0 : EPT_EXECUTE_ONLY);
    this.reservedHi = reservedAddressHi(config.maxphyaddr);
    this.oddHi = this.reservedHi | FAR_ADDRESS_HI;
    this.ad = config.eptAd;
    this.p1g = config.p1g;
  }

  setRoot(hfn: number, levels: number, rootId: number): void {
    this.root = hfn;
    this.levels = levels;
    this.tag = nestedTag(rootId, 0);
  }

  translate(gfnHi: number, gfnLo: number, need: number): number {
    const wanted = this.ad && (need & WALK) !== 0 ? need | R_W : need;
    const tags = this.pages;
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
    dropNestedPage(this.pages, this.tag | gfnHi, gfnLo);
  }

  /** Drops the guest-physical paging-structure-cache entries used for a page. */
  dropUpper(gfnHi: number, gfnLo: number): void {
    this.psc.dropFor(gfnLo, this.tag | gfnHi);
  }

  private walk(gfnHi: number, gfnLo: number, need: number): number {
    this.usedCached = 0;
    const tag = this.tag | gfnHi;
    const { psc } = this;
    const { words, chunkOf } = this.memory;
    const { lines, oddHi } = this;
    lines.cover(words.length);
    const { residence } = lines;
    const keeps = psc.present;
    const on = this.events.on;
    // The bits of an upper entry that must look so for the walk to go on without ado: RWX, nothing reserved, accessed.
    const plain = this.ad ? UPPER_MASK | A : UPPER_MASK;
    const wanted = this.ad ? RIGHTS | A : RIGHTS;
    let level = this.levels;
    let table = this.root;
    let rights: number = RIGHTS;
    let missing = 0;
    // A table of 4 levels maps 48 bits; an address above is not mapped.
    if (level === 4 && gfnHi >= 16) return this.deny(0);
    if (keeps && psc.tags.size !== 0) {
      const slot = psc.deepest(gfnLo, tag, level - 1);
      if (slot !== 0) {
        const at = slot * STRIDE;
        const { cells } = psc.tags;
        table = cells[at + BASE]!;
        rights = cells[at + FLAGS]!;
        level = pscClass(cells[at + MASK]!);
        this.usedCached = 1;
        if (on) this.events.emit(EVENT.hw_psc_hit, 1, level, table, 0);
      }
    }
    const start = level;
    for (;;) {
      const index = tableIndex(level, gfnHi, gfnLo);
      const at = (chunkOf[table * PARTS + (index >> 5)]! << 6) + ((index & 31) << 1);
      const lo = words[at]! | 0;
      const hi = words[at + 1]! | 0;
      let place: number = L1;
      if ((residence[at >> 4]! & WARM_BIT) === 0) {
        place = lines.walkLoad(table, index, at >> 4);
        if (place !== L1) this.tally.countNested(place);
      }
      if (on) this.events.emit(EVENT.hw_nested_entry, level, place, hi, lo);
      if (level > 1 && (lo & plain) === wanted && (hi & oddHi) === 0) {
        table = (lo >>> 12) | (hi << 20);
        level--;
        // Upper entries may be cached although the walk fails below.
        if (keeps && missing === 0) psc.storeNew(level, gfnLo, tag, table, rights);
        continue;
      }
      const rwx = lo & RIGHTS;
      if (rwx === 0) return this.stop(NESTED_DENIED, start, level, 0);
      rights &= rwx;
      if (((this.badRwx >> rwx) & 1) !== 0 || (hi & this.reservedHi) !== 0)
        return this.stop(MISCONFIG, start, level, 0);
      if (level === 1 || ((lo & PS) !== 0 && (level === 2 || (level === 3 && this.p1g)))) {
        this.tally.nestedLoads += start - level + 1;
        return this.finish(gfnHi, gfnLo, need, level, table, rights, missing, hi, lo);
      }
      if ((lo & (NONLEAF_RESERVED | PS)) !== 0) return this.stop(MISCONFIG, start, level, 0);
      const next = frameOf(hi, lo);
      level--;
      if (this.ad && (lo & A) === 0) {
        this.unaccessed[level + 1] = table;
        missing |= 1 << (level + 1);
      }
      table = next;
      if (keeps && missing === 0) psc.storeNew(level, gfnLo, tag, table, rights);
    }
  }

  /** The leaf: its own rules, the rights, accessed and dirty flags, the cached translation. */
  private finish(
    gfnHi: number,
    gfnLo: number,
    need: number,
    leaf: number,
    table: number,
    rights: number,
    missing: number,
    hi: number,
    lo: number,
  ): number {
    if (((BAD_MEMTYPES >> ((lo >> MEMTYPE_SHIFT) & MEMTYPE_MASK)) & 1) !== 0) return MISCONFIG;
    if (leaf > 1 && (lo & (leaf === 2 ? M2 : G1)) !== 0) return MISCONFIG;
    if ((rights & need & RIGHTS) !== (need & RIGHTS)) return this.deny(rights);
    const base = frameOf(hi, lo);
    let flags = rights | DIRTY;
    if (this.ad) {
      const writes = (need & W) !== 0;
      if ((missing | (~lo & (writes ? A | D : A))) !== 0) {
        this.unaccessed[leaf] = table;
        const problem = this.setFlags(gfnHi, gfnLo, leaf, writes, missing);
        if (problem !== OK) return problem;
      }
      if (!writes && (lo & D) === 0) flags = rights;
    }
    this.cls = leaf - 1;
    this.hfn = leaf === 1 ? base : base + (gfnLo & ~(leaf === 2 ? MASK_2M : MASK_1G));
    this.rights = flags;
    const { pages } = this;
    if (pages.slots === 0) return OK;
    const at = pages.insertNew(0, leaf - 1, gfnLo, this.tag | gfnHi) * STRIDE;
    pages.cells[at + BASE] = base;
    pages.cells[at + FLAGS] = flags;
    return OK;
  }

  /** A walk that ends before a leaf. */
  private stop(problem: number, start: number, level: number, rights: number): number {
    this.tally.nestedLoads += start - level + 1;
    this.denied = rights;
    return problem;
  }

  private deny(rights: number): number {
    this.denied = rights;
    return DENIED;
  }

  /**
   * Sets A in the entries of a walk that succeeded (those of the levels in `missing`, and the leaf), D in the leaf for a write; logs a
   * page that becomes dirty.
   */
  private setFlags(gfnHi: number, gfnLo: number, leaf: number, write: boolean, missing: number): number {
    const { memory, pml, unaccessed } = this;
    if (write && pml[0] !== 0 && (memory.entryLo(unaccessed[leaf]!, tableIndex(leaf, gfnHi, gfnLo)) & D) === 0) {
      const index = pml[1]!;
      if (index > PML_LAST_INDEX) return NESTED_PML_FULL;
      memory.setEntry(pml[0]!, index, (gfnLo >>> 20) | (gfnHi << 12), gfnLo << 12);
      pml[1] = (index - 1) & 0xffff;
      this.tally.pml++;
    }
    for (let level = this.levels; level >= leaf; level--) {
      if (level !== leaf && ((missing >> level) & 1) === 0) continue;
      const index = tableIndex(level, gfnHi, gfnLo);
      const lo = memory.entryLo(unaccessed[level]!, index);
      const set = lo | A | (write && level === leaf ? D : 0);
      if (set === lo) continue;
      memory.setWord(unaccessed[level]!, index * 2, set);
      this.tally.nestedSetAd++;
    }
    return OK;
  }
}
