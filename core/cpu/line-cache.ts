import type { StateSet } from '../base/state.ts';
import type { CacheGeometry } from '../cost/cpu-model.ts';

/** Where a line was found. */
export const PLACE = Object.freeze({ L1: 1, L2: 2, L3: 3, DRAM: 4 });

const LINE = 64;
const HINTS = 2048;

/**
 * The data caches as tag arrays, for the loads of the table walker (and for data where a configuration asks): a load has a place it came
 * from. A miss fills every level it missed; levels do not invalidate one another. Replacement is bit-PLRU in a set, an estimate. Stores,
 * prefetchers and other cores are not modelled.
 */
export class LineCache {
  private readonly l1: Level;
  private readonly l2: Level;
  private readonly l3: Level;
  /** Line number modulo 2048 -> index of its L1 way, plus 1: verified against the tag at each use. */
  private readonly hint = new Uint16Array(HINTS);
  private readonly l1Tags: Int32Array;
  private readonly throughL1: boolean;

  constructor(l1: CacheGeometry, l2: CacheGeometry, l3: CacheGeometry, walkerThroughL1: boolean) {
    this.l1 = new Level(l1);
    this.l2 = new Level(l2);
    this.l3 = new Level(l3);
    this.l1Tags = this.l1.tags;
    this.throughL1 = walkerThroughL1;
  }

  register(state: StateSet): void {
    state.addState(() => [...this.l1.columns(), ...this.l2.columns(), ...this.l3.columns()]);
  }

  /** Loads the line of 8-byte entry `index` of a frame for the table walker; returns its place. */
  walkLoad(hfn: number, index: number): number {
    const line = ((hfn << 6) | (index >> 3)) + 1;
    if (this.throughL1) {
      const way = this.hint[line & (HINTS - 1)]!;
      if (this.l1Tags[way] === line && this.l1.marked(line, way)) return PLACE.L1;
      return this.loadL1(line);
    }
    return this.loadL2(line);
  }

  /** Loads the line of a data access at byte `offset` of a frame; returns its place. */
  dataLoad(hfn: number, offset: number): number {
    return this.loadL1(((hfn << 6) | (offset >> 6)) + 1);
  }

  /** Forgets random lines: anything may be evicted at any time. */
  evict(random: number): void {
    this.l1.evict(random);
    this.l2.evict(random);
    this.l3.evict(random);
  }

  private loadL1(line: number): number {
    const at = this.l1.find(line);
    if (at >= 0) {
      this.hint[line & (HINTS - 1)] = at;
      return PLACE.L1;
    }
    const place = this.loadL2(line);
    this.hint[line & (HINTS - 1)] = this.l1.fill(line);
    return place;
  }

  private loadL2(line: number): number {
    if (this.l2.find(line) >= 0) return PLACE.L2;
    const place = this.l3.find(line) >= 0 ? PLACE.L3 : PLACE.DRAM;
    if (place === PLACE.DRAM) this.l3.fill(line);
    this.l2.fill(line);
    return place;
  }
}

/** One level: tags (line number plus 1; 0 is empty) and a mark for each way, set by set. */
class Level {
  readonly tags: Int32Array;
  private readonly marks: Int32Array;
  private readonly sets: number;
  private readonly ways: number;
  private readonly setMask: number;
  private readonly full: number;

  constructor(geometry: CacheGeometry) {
    const lines = Math.max(1, Math.floor(geometry.bytes / LINE));
    this.ways = Math.min(geometry.ways, lines, 32);
    this.sets = Math.max(1, Math.floor(lines / this.ways));
    this.setMask = (this.sets & (this.sets - 1)) === 0 ? this.sets - 1 : -1;
    this.tags = new Int32Array(this.sets * this.ways);
    this.marks = new Int32Array(this.sets);
    this.full = this.ways === 32 ? -1 : (1 << this.ways) - 1;
  }

  columns(): Int32Array[] {
    return [this.tags, this.marks];
  }

  /** Index of the way that holds a line, marked as used; -1 on a miss. */
  find(line: number): number {
    const set = this.setOf(line);
    const first = set * this.ways;
    for (let at = first; at < first + this.ways; at++) {
      if (this.tags[at] === line) {
        this.mark(set, at - first);
        return at;
      }
    }
    return -1;
  }

  /** True where the way that holds `line` is marked as used: a hit on it changes nothing. */
  marked(line: number, at: number): boolean {
    const set = this.setOf(line);
    return (this.marks[set]! & (1 << (at - set * this.ways))) !== 0;
  }

  fill(line: number): number {
    const set = this.setOf(line);
    const cold = ~this.marks[set]! & this.full;
    const way = cold === 0 ? 0 : 31 - Math.clz32(cold & -cold);
    const at = set * this.ways + way;
    this.tags[at] = line;
    this.mark(set, way);
    return at;
  }

  evict(random: number): void {
    this.tags[random % this.tags.length] = 0;
  }

  private setOf(line: number): number {
    return this.setMask >= 0 ? line & this.setMask : (line >>> 0) % this.sets;
  }

  private mark(set: number, way: number): void {
    const marks = this.marks[set]! | (1 << way);
    this.marks[set] = marks === this.full ? 1 << way : marks;
  }
}
