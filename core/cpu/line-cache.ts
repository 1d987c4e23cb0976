import type { StateSet } from '../base/state.ts';
import type { CacheGeometry } from '../cost/cpu-model.ts';

/** Where a line was found. */
export const PLACE = Object.freeze({ L1: 1, L2: 2, L3: 3, DRAM: 4 });

const { L1, L2, L3, DRAM } = PLACE;
const LINE = 64;

/** Bits of `residence`: in L1 and marked as used there (loading it again changes nothing), in L1, in L2, in L3. */
export const WARM = 1;
const IN_L1 = 2;
const IN_L2 = 4;
const IN_L3 = 8;
const WARM_BIT = WARM;

/**
 * The data caches as tag arrays, for the loads of the table walker (and for data where a configuration asks): a load has a place it came
 * from. A miss fills every level it missed; levels do not invalidate one another. Replacement is bit-PLRU in a set, an estimate. Stores,
 * prefetchers and other cores are not modelled.
 *
 * A line's set is that of its physical address. Its tag is its number in host memory, chunk * 4 + quarter, which belongs to it alone
 * once its 256-byte part was written; the lines of unwritten parts, which all read chunk 0, are tagged by their address instead.
 */
export class LineCache {
  /** By line number in host memory: where the line is. Derived from the tags, so not state; covers every chunk: see `cover`. */
  residence: Uint8Array = new Uint8Array(1024);
  private readonly l1: Level;
  private readonly l2: Level;
  private readonly l3: Level;
  private readonly throughL1: boolean;

  constructor(l1: CacheGeometry, l2: CacheGeometry, l3: CacheGeometry, walkerThroughL1: boolean) {
    this.l1 = new Level(l1, IN_L1 | WARM);
    this.l2 = new Level(l2, IN_L2);
    this.l3 = new Level(l3, IN_L3);
    this.throughL1 = walkerThroughL1;
  }

  register(state: StateSet): void {
    state.addState(() => [this.l1.cells, this.l2.cells, this.l3.cells]);
  }

  /** Makes `residence` cover host memory's chunks, given the length of its words. */
  cover(words: number): void {
    if (this.residence.length >= words >> 4) return;
    const grown = new Uint8Array(words >> 3);
    grown.set(this.residence);
    this.residence = grown;
  }

  /** Loads, for the table walker, entry `index` of a frame, whose line has this number in host memory; returns its place. */
  walkLoad(hfn: number, index: number, line: number): number {
    const address = ((hfn << 6) | (index >> 3)) >>> 0;
    const tag = line >= 4 ? line : ~address;
    return this.throughL1 ? this.loadL1(address, tag) : this.loadL2(address, tag);
  }

  /** Loads the line of a data access at byte `offset` of a frame; `line` is its number in host memory. Returns its place. */
  dataLoad(hfn: number, offset: number, line: number): number {
    const address = ((hfn << 6) | (offset >> 6)) >>> 0;
    return this.loadL1(address, line >= 4 ? line : ~address);
  }

  /** Forgets random lines: anything may be evicted at any time. */
  evict(random: number): void {
    for (const level of [this.l1, this.l2, this.l3]) level.evict(random, this.residence);
  }

  private loadL1(address: number, tag: number): number {
    const { l1, residence } = this;
    if (tag < 0 || (residence[tag]! & IN_L1) !== 0) {
      if (l1.find(address, tag, residence)) {
        if (tag >= 0) residence[tag]! |= WARM_BIT;
        return L1;
      }
    }
    const place = this.loadL2(address, tag);
    l1.fill(address, tag, residence);
    if (tag >= 0) residence[tag]! |= IN_L1 | WARM_BIT;
    return place;
  }

  private loadL2(address: number, tag: number): number {
    const { l2, l3, residence } = this;
    const known = tag >= 0 ? residence[tag]! : IN_L2 | IN_L3;
    if ((known & IN_L2) !== 0 && l2.find(address, tag, residence)) return L2;
    let place: number = L3;
    if ((known & IN_L3) === 0 || !l3.find(address, tag, residence)) {
      place = DRAM;
      l3.fill(address, tag, residence);
    }
    l2.fill(address, tag, residence);
    if (tag >= 0) residence[tag]! |= IN_L2 | IN_L3;
    return place;
  }
}

/** One level in one typed array, set by set: a word of marks, then the tags of its ways (0 is empty). */
class Level {
  readonly cells: Int32Array;
  private readonly sets: number;
  private readonly ways: number;
  private readonly stride: number;
  /** Sets minus 1, or -1 where their number is not a power of two. */
  private readonly setMask: number;
  private readonly full: number;
  /** What a line loses from its residence when it leaves, as a mask to keep. */
  private readonly keep: number;

  constructor(geometry: CacheGeometry, bits: number) {
    // Whole numbers by `|`, not by Math: fields that were ever made as doubles stay slow.
    const lines = Math.max(1, (geometry.bytes / LINE) | 0) | 0;
    this.ways = Math.min(geometry.ways, lines, 32) | 0;
    this.sets = Math.max(1, (lines / this.ways) | 0) | 0;
    this.setMask = (this.sets & (this.sets - 1)) === 0 ? this.sets - 1 : -1;
    this.full = this.ways === 32 ? -1 : (1 << this.ways) - 1;
    this.stride = this.ways + 1;
    this.keep = ~bits;
    this.cells = new Int32Array(this.sets * this.stride);
  }

  /** Looks a line up and marks it as used. */
  find(address: number, tag: number, residence: Uint8Array): boolean {
    const cells = this.cells;
    const marks = this.setOf(address);
    const end = marks + this.ways;
    for (let at = marks + 1; at <= end; at++) {
      if (cells[at] === tag) {
        this.mark(marks, at - marks, residence);
        return true;
      }
    }
    return false;
  }

  /** Replaces the lowest unmarked way of the line's set. */
  fill(address: number, tag: number, residence: Uint8Array): void {
    const cells = this.cells;
    const marks = this.setOf(address);
    const cold = ~cells[marks]! & this.full;
    const way = cold === 0 ? 1 : 32 - Math.clz32(cold & -cold);
    const victim = cells[marks + way]!;
    if (victim > 0) residence[victim]! &= this.keep;
    cells[marks + way] = tag;
    this.mark(marks, way, residence);
  }

  evict(random: number, residence: Uint8Array): void {
    const line = random % (this.sets * this.ways);
    const set = (line / this.ways) | 0;
    const at = set * this.stride + 1 + line - set * this.ways;
    if (this.cells[at]! > 0) residence[this.cells[at]!]! &= this.keep;
    this.cells[at] = 0;
  }

  /** Position of the set of a line. */
  private setOf(address: number): number {
    return (this.setMask >= 0 ? address & this.setMask : address % this.sets) * this.stride;
  }

  private mark(marks: number, way: number, residence: Uint8Array): void {
    const word = this.cells[marks]! | (1 << (way - 1));
    if (word !== this.full) {
      this.cells[marks] = word;
      return;
    }
    this.cells[marks] = 1 << (way - 1);
    if ((this.keep & WARM_BIT) !== 0) return;
    // Only this way of L1 is marked now: the others of the set are warm no more.
    for (let at = marks + 1; at <= marks + this.ways; at++) {
      const tag = this.cells[at]!;
      if (tag > 0 && at !== marks + way) residence[tag]! &= ~WARM_BIT;
    }
  }
}
