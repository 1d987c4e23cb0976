import type { HostMemory } from '../../memory/host-memory.ts';
import { frameOf, isLarge, isShadowPresent, LEVEL, type SpteBits, tableSpteHi, tableSpteLo } from './spte.ts';

/** Guest frames under one entry, by level. */
export const GFNS_OF_LEVEL = [0, 1, 512, 512 ** 2, 512 ** 3, 512 ** 4] as const;

/** Index into the table of a level for a guest-physical address. */
export function indexOf(level: number, hi: number, lo: number): number {
  switch (level) {
    case 1:
      return (lo >>> 12) & 511;
    case 2:
      return (lo >>> 21) & 511;
    case 3:
      return ((lo >>> 30) | (hi << 2)) & 511;
    case 4:
      return (hi >>> 7) & 511;
    default:
      return (hi >>> 16) & 511;
  }
}

/** What `eachLeaf` calls for every present leaf; `gfn` is the first frame under it. */
type LeafVisitor = (table: number, index: number, level: number, gfn: number) => void;

/**
 * Nested page tables in host memory, as the hardware walks them. A walk leaves where it stopped in the fields: the software walk of
 * KVM (tdp_mmu_iter, shadow_walk_lockless) reads the very entries the silicon reads.
 */
export class NestedTables {
  /** Level of the entry the last walk stopped at, the table that holds it, its index, its words. */
  level = 0;
  table = 0;
  index = 0;
  lo = 0;
  hi = 0;
  /** Entries read by the last walk. */
  visited = 0;
  readonly levels: number;
  readonly bits: SpteBits;
  private readonly memory: HostMemory;

  constructor(memory: HostMemory, bits: SpteBits, levels: number) {
    this.memory = memory;
    this.bits = bits;
    this.levels = levels;
  }

  allocateRoot(): number {
    return this.memory.allocFrame();
  }

  /** Walks down from a root until a leaf, an entry without a table, or level `stop`. */
  walk(root: number, hi: number, lo: number, stop: number): void {
    const { memory } = this;
    let table = root;
    let level = this.levels;
    let visited = 0;
    for (;;) {
      const index = indexOf(level, hi, lo);
      const entryLo = memory.entryLo(table, index);
      const entryHi = memory.entryHi(table, index);
      visited++;
      if (level <= stop || !isShadowPresent(entryLo) || isLarge(entryLo)) {
        this.level = level;
        this.table = table;
        this.index = index;
        this.lo = entryLo;
        this.hi = entryHi;
        this.visited = visited;
        return;
      }
      table = frameOf(entryHi, entryLo);
      level--;
    }
  }

  /** Writes the entry the last walk stopped at. */
  set(hi: number, lo: number): void {
    this.memory.setEntry(this.table, this.index, hi, lo);
    this.hi = hi;
    this.lo = lo;
  }

  /** Links a new, empty table below the entry the last walk stopped at. */
  link(): void {
    const table = this.memory.allocFrame();
    this.set(tableSpteHi(table), tableSpteLo(this.bits, table));
  }

  /** True when the entry the last walk stopped at points to a table. */
  get isTable(): boolean {
    return this.level > LEVEL.P4K && isShadowPresent(this.lo) && !isLarge(this.lo);
  }

  /** Visits every shadow-present leaf that lies in [from, to), guest frames. MMIO SPTEs are not shadow-present. */
  eachLeaf(root: number, from: number, to: number, visit: LeafVisitor): void {
    this.scan(root, this.levels, 0, from, to, visit);
  }

  entryLo(table: number, index: number): number {
    return this.memory.entryLo(table, index);
  }

  entryHi(table: number, index: number): number {
    return this.memory.entryHi(table, index);
  }

  setEntry(table: number, index: number, hi: number, lo: number): void {
    this.memory.setEntry(table, index, hi, lo);
  }

  /** Frees every table of a tree, the root included. Nothing may point to it or have it cached. Returns the number of tables. */
  free(table: number, level: number = this.levels): number {
    let tables = 1;
    for (let index = 0; level > LEVEL.P4K && index < 512; index++) {
      const lo = this.memory.entryLo(table, index);
      if (isShadowPresent(lo) && !isLarge(lo)) {
        tables += this.free(frameOf(this.memory.entryHi(table, index), lo), level - 1);
      }
    }
    this.memory.freeFrame(table);
    return tables;
  }

  private scan(table: number, level: number, base: number, from: number, to: number, visit: LeafVisitor): void {
    const size = GFNS_OF_LEVEL[level]!;
    const first = Math.max(0, Math.floor((from - base) / size));
    const last = Math.min(511, Math.ceil((to - base) / size) - 1);
    for (let index = first; index <= last; index++) {
      const lo = this.memory.entryLo(table, index);
      if (!isShadowPresent(lo)) continue;
      const gfn = base + index * size;
      if (level === LEVEL.P4K || isLarge(lo)) visit(table, index, level, gfn);
      else this.scan(frameOf(this.memory.entryHi(table, index), lo), level - 1, gfn, from, to, visit);
    }
  }
}
