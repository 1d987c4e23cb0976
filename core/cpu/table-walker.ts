import type { GuestMode } from './guest-mode.ts';

/** Answers of a guest walk. */
export const WALK_OK = 0;
/** A #PF: the error code's P and RSVD stand in `faultBits`. */
export const WALK_FAULT = 1;
/** The second dimension refused an access: `problem`, the guest-physical address and `problemNeed` say which. */
export const WALK_EXIT = 2;

/**
 * What a walk of the guest's own tables finds, and what every format's walker can do. The walk only reads. Once the caller has checked
 * the guest's rights, `commit` sets accessed and dirty flags, and `keep` fills the paging-structure caches.
 */
export abstract class TableWalker {
  /** Final guest frame. */
  gfnHi = 0;
  gfnLo = 0;
  /** Accumulated guest rights, GLOBAL, key, page class: RIGHT flags. */
  flags = 0;
  /** Size class of the guest's page as a TLB may hold it: 0 4K, 1 2M, 2 1G. */
  cls = 0;
  faultBits = 0;
  problem = 0;
  problemNeed = 0;
  problemHi = 0;
  problemLo = 0;
  problemOffset = 0;
  /** 1 when the walk relied on cached information. */
  usedCached = 0;
  /** Owner of unified-cache entries: the context id. */
  context = 0;

  /**
   * Walks from the deepest cached table, or from the root (a guest frame, or a host frame without nesting). `hi` is the high word of the
   * address shifted right by 12, `vpn` the low word of the page number, `tag` the high tag word of the current context.
   */
  abstract walk(hi: number, vpn: number, tag: number, mode: GuestMode, rootHi: number, rootLo: number): number;

  /**
   * Sets A in every entry read and D in the leaf for a write, through the second dimension. WALK_OK or WALK_EXIT. `flags` gains DIRTY
   * where a write needs no further walk.
   */
  abstract commit(hi: number, vpn: number, kind: number): number;

  /** Fills the paging-structure caches from the walk, once it is committed. */
  abstract keep(hi: number, vpn: number, tag: number): void;

  /** Drops the cached upper entries used for a page. */
  abstract dropUpper(hi: number, vpn: number, tag: number): void;

  protected fault(bits: number): number {
    this.faultBits = bits;
    return WALK_FAULT;
  }

  protected exit(problem: number, need: number, gfnHi: number, gfnLo: number, offset: number): number {
    this.problem = problem;
    this.problemNeed = need;
    this.problemHi = gfnHi;
    this.problemLo = gfnLo;
    this.problemOffset = offset;
    return WALK_EXIT;
  }
}
