import type { Chains } from './chains.ts';
import { GfnTable } from './gfn-table.ts';

/** Kinds of number a guest frame has beside its reverse maps, whose kind is their level (1 to 3). */
const WRITE_TRACK = 4;
const DISALLOW_LPAGE = 4;

/**
 * Reverse maps: for a guest frame and a level, the places of the SPTEs that map it; and what else the kernel keeps per frame of a memslot:
 * how many shadow pages want it write-tracked, and how many forbid a large page over it.
 */
export class Rmap {
  readonly chains: Chains;
  private readonly numbers = new GfnTable();

  constructor(chains: Chains) {
    this.chains = chains;
  }

  /** Head of the list of SPTEs of a level that map from this guest frame (the first one under a large page). */
  head(gfn: number, level: number): number {
    return this.numbers.get(gfn, level);
  }

  /** rmap_add. */
  add(gfn: number, level: number, spte: number): void {
    this.numbers.set(gfn, level, this.chains.push(this.numbers.get(gfn, level), spte));
  }

  /** rmap_remove. */
  remove(gfn: number, level: number, spte: number): void {
    this.numbers.set(gfn, level, this.chains.remove(this.numbers.get(gfn, level), spte));
  }

  /** How many upper-level shadow pages have the frame write-tracked. */
  tracked(gfn: number): number {
    return this.numbers.get(gfn, WRITE_TRACK);
  }

  track(gfn: number, by: number): void {
    this.numbers.set(gfn, WRITE_TRACK, this.numbers.get(gfn, WRITE_TRACK) + by);
  }

  /** How many shadow pages forbid a page of this level (2 or 3) at a guest frame: lpage_info.disallow_lpage. */
  largeForbidden(gfn: number, level: number): number {
    return this.numbers.get(Math.floor(gfn / 512 ** (level - 1)), DISALLOW_LPAGE + level - 1);
  }

  forbidLarge(gfn: number, by: number): void {
    for (let level = 2; level <= 3; level++) {
      const first = Math.floor(gfn / 512 ** (level - 1));
      const kind = DISALLOW_LPAGE + level - 1;
      this.numbers.set(first, kind, this.numbers.get(first, kind) + by);
    }
  }
}
