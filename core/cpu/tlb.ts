import type { StateSet } from '../base/state.ts';
import type { TlbGeometry, TlbSet } from '../cost/cpu-model.ts';
import { RIGHT } from './rights.ts';
import { CLASS_MASK, TagArray, type GroupGeometry, RECORD } from './tag-array.ts';

const { BASE, FLAGS, HI, LO, MASK, STRIDE } = RECORD;

const MASKS = new Int32Array(CLASS_MASK);
const { PAGE_MASK, PAGE_SHIFT } = RIGHT;

/** Size classes of pages; the same numbers as the tag array's. */
const SIZE_4K = 0;
const SIZE_2M = 1;
const SIZE_1G = 2;

/**
 * Hints: the position in `cells` of the record that last translated a page whose number ends in these bits. Checked against the record
 * at each use, so they decide nothing.
 */
export const HINTS = 1024;
const HINT_MASK = HINTS - 1;

const SIZE_NAMES = ['4K', '2M', '1G'] as const;

/**
 * One translation look-aside buffer: the first level for data, the first level for fetches, or the second level. Which page sizes have
 * an array, and which share one, is the CPU model's; a size without an array is splintered into the next smaller one.
 *
 * Entry: first host frame, and rights (core/cpu/rights.ts).
 */
export class Tlb {
  readonly tags: TagArray;
  /** 1 once an entry was stored that is smaller than the guest's page: INVLPG must then look for fragments. State, as it decides work. */
  private readonly fragments = new Uint8Array(1);
  private readonly groupOf = new Int32Array(3);
  private readonly storedAs = new Int32Array(3);

  constructor(set: TlbSet) {
    const groups: GroupGeometry[] = [];
    const groupOfSize: (number | null)[] = [null, null, null];
    const add = (geometry: TlbGeometry | null): number | null => (geometry === null ? null : groups.push(geometry) - 1);
    if (set.shared) {
      const shared = add(set.shared.geometry);
      for (const size of set.shared.sizes) groupOfSize[SIZE_NAMES.indexOf(size)] = shared;
    }
    [set.p4k, set.p2m, set.p1g].forEach((geometry, cls) => {
      groupOfSize[cls] ??= add(geometry);
    });
    if (groups.length === 0) groups.push({ entries: 0, ways: 1 });
    for (let cls = 0; cls < 3; cls++) {
      let as = cls;
      while (as > 0 && groupOfSize[as] === null) as--;
      this.storedAs[cls] = as;
      this.groupOf[cls] = groupOfSize[as] ?? 0;
    }
    this.tags = new TagArray(groups, HINTS);
  }

  register(state: StateSet): void {
    this.tags.register(state);
    state.addState(() => [this.fragments]);
  }

  /** Slot that translates page `vpn` (low word; its high bits are in the tags), whatever its size, or 0. */
  find(vpn: number, hiA: number, hiB: number): number {
    const tags = this.tags;
    const slot = tags.find(SIZE_4K, vpn, hiA, hiB);
    if (slot !== 0) return slot;
    const large = tags.find(SIZE_2M, vpn, hiA, hiB);
    return large !== 0 ? large : tags.find(SIZE_1G, vpn, hiA, hiB);
  }

  /** Notes that `slot` translates a page. */
  remember(vpn: number, slot: number): void {
    this.tags.cells[this.tags.hintBase + (vpn & HINT_MASK)] = slot * STRIDE;
  }

  /**
   * Stores a translation of class `cls` whose first host frame is `base`, and notes the hint; returns its slot. Nothing may translate the
   * page already: one page has one entry.
   */
  insertNew(cls: number, vpn: number, hi: number, base: number, flags: number): number {
    const { tags } = this;
    const as = this.storedAs[cls]!;
    const slot = tags.insertNew(this.groupOf[cls]!, as, vpn, hi);
    if (slot === 0) return 0;
    const at = slot * STRIDE;
    const cells = tags.cells;
    cells[at + BASE] = as === cls ? base : base + (vpn & MASKS[as]! & ~MASKS[cls]!);
    cells[at + FLAGS] = flags;
    cells[tags.hintBase + (vpn & HINT_MASK)] = at;
    if (as < (flags & PAGE_MASK) >> PAGE_SHIFT) this.fragments[0] = 1;
    return slot;
  }

  /** Drops the entry that translates this page under one of the tags. */
  dropPage(vpn: number, hiA: number, hiB: number): void {
    const tags = this.tags;
    for (let cls = SIZE_4K; cls <= SIZE_1G; cls++) {
      for (let slot = tags.find(cls, vpn, hiA, hiB); slot !== 0; slot = tags.find(cls, vpn, hiA, hiB)) tags.drop(slot);
    }
  }

  /** As `dropPage`, and every other fragment of the guest's page (INVLPG and #PF reach all of them: SDM vol. 3A, 4.10.4). */
  dropWholePage(vpn: number, hiA: number, hiB: number): void {
    this.dropPage(vpn, hiA, hiB);
    if (this.fragments[0] !== 0) this.dropFragments(vpn, hiA, hiB);
  }

  clear(): void {
    this.tags.clear();
    this.fragments[0] = 0;
  }

  /** The other fragments of the guest's page: entries of the same large page, cached piecewise. */
  private dropFragments(vpn: number, hiA: number, hiB: number): void {
    const { tags } = this;
    for (let slot = 1; slot <= tags.slots; slot++) {
      const at = slot * STRIDE;
      const hi = tags.cells[at + HI]!;
      if (hi === 0 || (hi !== hiA && hi !== hiB)) continue;
      const page = (tags.cells[at + FLAGS]! & PAGE_MASK) >> PAGE_SHIFT;
      const mask = GUEST_PAGE_MASK[page]!;
      if (mask === tags.cells[at + MASK]) continue;
      if (((tags.cells[at + LO]! ^ vpn) & mask) === 0) tags.drop(slot);
    }
  }
}

/** Guest page classes as kept in the flags: 4K, 2M, 1G, and the 4 MiB page of two-level paging. */
const GUEST_PAGE_MASK = [~0, ~0x1ff, ~0x3ffff, ~0x3ff] as const;
export const GUEST_PAGE_4M = 3;
