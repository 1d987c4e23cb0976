import type { StateSet } from '../../base/state.ts';
import type { HostMemory } from '../../memory/host-memory.ts';
import { PTE } from '../../spec/paging.ts';
import { STAT } from '../stats.ts';
import { NestedTables } from './nested-tables.ts';
import {
  eptBits,
  frameOf,
  isLarge,
  isShadowPresent,
  LEVEL,
  NPT_BITS,
  type SpteBits,
  tableSpteHi,
  tableSpteLo,
} from './spte.ts';

/** What the CPU and its host give KVM for two-dimensional paging. */
interface NestedMmuConfig {
  readonly mmu: 'ept' | 'npt';
  /** Levels of the nested tables: 4 or 5. */
  readonly levels: number;
  /** EPT accessed and dirty bits; NPT always has them. */
  readonly eptAd: boolean;
  /** 1 GiB leaves. */
  readonly p1g: boolean;
  /** Physical address bits of the host. */
  readonly maxphyaddr: number;
}

const STAT_OF_LEVEL = [0, STAT.pages_4k, STAT.pages_2m, STAT.pages_1g] as const;

/** The nested tables of one VM, their root, and what installing and dropping a leaf means beside the entry itself. */
export class NestedMmu {
  readonly tables: NestedTables;
  readonly accessedBits: boolean;
  /** Level of the largest leaf. */
  readonly largestLeaf: number;
  /** An MMIO SPTE can be told from any other: NPT needs a reserved address bit. */
  readonly canMarkMmio: boolean;
  private readonly roots = new Int32Array(1);
  private readonly stats: Float64Array;

  constructor(memory: HostMemory, config: NestedMmuConfig, stats: Float64Array) {
    const bits: SpteBits = config.mmu === 'ept' ? eptBits(config.eptAd) : NPT_BITS;
    this.tables = new NestedTables(memory, bits, config.levels);
    this.accessedBits = config.mmu === 'npt' || config.eptAd;
    this.largestLeaf = config.p1g ? LEVEL.P1G : LEVEL.P2M;
    this.canMarkMmio = config.mmu === 'ept' || config.maxphyaddr < 52;
    this.stats = stats;
  }

  register(state: StateSet): void {
    state.addState(() => [this.roots]);
  }

  /** The valid root of the VM, made on first use. */
  root(): number {
    if (this.roots[0] === 0) this.roots[0] = this.tables.allocateRoot();
    return this.roots[0]!;
  }

  /** Invalidates the root (kvm_mmu_zap_all_fast) and returns it; 0 when there was none. Nothing is freed yet. */
  takeRoot(): number {
    const root = this.roots[0]!;
    this.roots[0] = 0;
    return root;
  }

  /** Leaf counts of an invalid tree leave the statistics, its tables go back. Returns the leaves that were in it. */
  freeTree(root: number): number {
    let leaves = 0;
    this.tables.eachLeaf(root, 0, 2 ** 45, (_table, _index, level) => {
      leaves++;
      this.countLeaf(level, -1);
    });
    this.tables.free(root);
    return leaves;
  }

  /**
   * Writes a leaf where the last walk stopped. True when something else had stood there, a leaf or a table: then what CPUs have cached
   * of it must be flushed.
   */
  installLeaf(hi: number, lo: number): boolean {
    const { tables } = this;
    const { level } = tables;
    const wasPresent = isShadowPresent(tables.lo);
    if (tables.isTable) this.freeTable(frameOf(tables.hi, tables.lo), level - 1);
    else if (wasPresent) this.countLeaf(level, -1);
    tables.set(hi, lo);
    this.countLeaf(level, 1);
    return wasPresent;
  }

  /** Replaces the large leaf where the last walk stopped by a table of leaves one level down with the same rights. */
  splitLeaf(): void {
    const { tables } = this;
    const { bits, hi, level, lo } = tables;
    this.countLeaf(level, -1);
    tables.link();
    const table = frameOf(tables.hi, tables.lo);
    const childLo = level - 1 === LEVEL.P4K ? lo & ~PTE.PS : lo;
    const step = level - 1 === LEVEL.P4K ? 1 : 512;
    const first = frameOf(hi, lo);
    for (let index = 0; index < 512; index++) {
      const hfn = first + index * step;
      tables.setEntry(table, index, (hi & ~0xfffff) | (hfn >>> 20), (childLo & 0xfff) | (hfn << 12));
    }
    this.countLeaf(level - 1, 512);
    tables.setEntry(tables.table, tables.index, tableSpteHi(table), tableSpteLo(bits, table));
  }

  /** Drops the large leaf where the last walk stopped (drop_large_spte) and links an empty table. */
  dropLeaf(): void {
    this.countLeaf(this.tables.level, -1);
    this.tables.link();
  }

  /** Clears every leaf that touches [from, to). Returns how many. MMIO SPTEs stay. */
  zapLeaves(from: number, to: number): number {
    let zapped = 0;
    if (this.roots[0] === 0) return 0;
    this.tables.eachLeaf(this.roots[0]!, from, to, (table, index, level) => {
      this.tables.setEntry(table, index, 0, 0);
      this.countLeaf(level, -1);
      zapped++;
    });
    return zapped;
  }

  /** Changes every leaf that lies in [from, to) by `change` of its low word. Returns how many changed. */
  changeLeaves(from: number, to: number, change: (lo: number, level: number) => number): number {
    let changed = 0;
    if (this.roots[0] === 0) return 0;
    const { tables } = this;
    tables.eachLeaf(this.roots[0]!, from, to, (table, index, level) => {
      const lo = tables.entryLo(table, index);
      const next = change(lo, level);
      if (next === lo) return;
      tables.setEntry(table, index, tables.entryHi(table, index), next);
      changed++;
    });
    return changed;
  }

  private countLeaf(level: number, by: number): void {
    this.stats[STAT_OF_LEVEL[level]!]! += by;
  }

  private freeTable(table: number, level: number): void {
    for (let index = 0; index < 512; index++) {
      const lo = this.tables.entryLo(table, index);
      if (!isShadowPresent(lo)) continue;
      if (level === LEVEL.P4K || isLarge(lo)) this.countLeaf(level, -1);
      else this.freeTable(frameOf(this.tables.entryHi(table, index), lo), level - 1);
    }
    this.tables.free(table, 1);
  }
}
