import type { StateSet } from '../base/state.ts';
import { CLASS_MASK, TagArray, RECORD } from './tag-array.ts';

const { BASE, FLAGS, STRIDE } = RECORD;
const MASKS = CLASS_MASK;

/**
 * Split paging-structure caches (Intel; Barr's "split translation cache"): one small array a level, indexed by address bits. An entry
 * stands for a paging-structure entry of level `cls + 1` and those above it: `base` is the frame of the table it leads to, `flags` the
 * rights accumulated so far; the two spare words are the owner's. SDM vol. 3A, "Paging-Structure Caches".
 *
 * Classes: 1 PDE cache, 2 PDPTE cache, 3 PML4E cache, 4 PML5E cache.
 */
const PSC_PDE = 1;
const PSC_PML5E = 4;

/** Upper page-number bits that are part of a PML5E's key: 44 and up of the page number's 32..44. */
const PML5_TAG = ~0xf;

export class SplitPsc {
  readonly tags: TagArray;
  readonly present: boolean;

  /** Entries of [PML5E, PML4E, PDPTE, PDE] caches, each fully associative. */
  constructor(sizes: readonly [number, number, number, number]) {
    const [pml5, pml4, pdpt, pd] = sizes;
    this.tags = new TagArray([pd, pdpt, pml4, pml5].map((entries) => ({ entries, ways: Math.max(1, entries) })));
    this.present = this.tags.slots > 0;
  }

  register(state: StateSet): void {
    this.tags.register(state);
  }

  /** Slot of the deepest entry for this page number that is at or below `top` (the class of the root table's own entries), or 0. */
  deepest(lo: number, hi: number, top: number): number {
    if (this.tags.size === 0) return 0;
    for (let cls = PSC_PDE; cls <= top; cls++) {
      const tag = cls === PSC_PML5E ? hi & PML5_TAG : hi;
      const slot = this.tags.find(cls, lo, tag, tag);
      if (slot !== 0) {
        this.tags.touch(slot);
        return slot;
      }
    }
    return 0;
  }

  /**
   * Stores an entry that is not there; returns the record's position in `tags.cells`, or -1 where this cache has no entries. A walk stores
   * below the deepest entry that it found, so what it stores is never there.
   */
  storeNew(cls: number, lo: number, hi: number, table: number, flags: number): number {
    const slot = this.tags.insertNew(cls - 1, cls, lo, cls === PSC_PML5E ? hi & PML5_TAG : hi);
    if (slot === 0) return -1;
    const at = slot * STRIDE;
    this.tags.cells[at + BASE] = table;
    this.tags.cells[at + FLAGS] = flags;
    return at;
  }

  /** Drops every entry that would be used for this page number. */
  dropFor(lo: number, hi: number): void {
    if (this.tags.size === 0) return;
    for (let cls = PSC_PDE; cls <= PSC_PML5E; cls++) {
      const tag = cls === PSC_PML5E ? hi & PML5_TAG : hi;
      this.tags.drop(this.tags.find(cls, lo, tag, tag));
    }
  }
}

/** Level of the table that a paging-structure-cache entry leads to, by its record's mask. */
export const pscClass = (mask: number): number =>
  mask === MASKS[1] ? 1 : mask === MASKS[2] ? 2 : mask === MASKS[3] ? 3 : 4;
