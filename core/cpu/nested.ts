/** What a second-dimension access needs, in EPT's bit order, and why it is made. */
export const NEED = Object.freeze({
  R: 1,
  W: 2,
  X: 4,
  RIGHTS: 7,
  /** A guest paging-structure access. */
  WALK: 8,
  /** The walker's update of accessed or dirty flags in a guest entry. */
  UPDATE: 16,
});

/** Flag beside R, W, X of a cached guest-physical mapping: a write sets no dirty flag any more. */
export const NESTED_DIRTY = 8;

/** Answers of a nested translation. */
export const NESTED_OK = 0;
export const NESTED_DENIED = 1;
export const NESTED_MISCONFIG = 2;
export const NESTED_PML_FULL = 3;

/**
 * The second dimension of a translation, guest-physical to host-physical: EPT or NPT. One call translates one page; the answer stands in
 * the fields. A walker owns no cached mappings: those are in `Caches`.
 */
export interface NestedWalker {
  /** Host frame of the page. */
  hfn: number;
  /** R, W, X as ANDed over the levels, and NESTED_DIRTY. */
  rights: number;
  /** Size class of the nested leaf. */
  cls: number;
  /** 1 when the last walk relied on cached upper entries. */
  usedCached: number;
  /** After NESTED_DENIED: EPT, the AND of R, W, X over the levels used (0 if one was not present); NPT, the error code's P and RSVD. */
  denied: number;
  /** Points at a table of 4 or 5 levels; `rootId` names it in the tags of cached mappings. */
  setRoot(hfn: number, levels: number, rootId: number): void;
  /** Translates a guest frame for an access that needs `need`. */
  translate(gfnHi: number, gfnLo: number, need: number): number;
  /** Drops the cached translation of one guest-physical page under the current root. */
  dropPage(gfnHi: number, gfnLo: number): void;
  /** Drops the cached upper entries used for one guest-physical page under the current root. */
  dropUpper(gfnHi: number, gfnLo: number): void;
}

/** Physical-address bits 51:44, in an entry's high word: no host memory is there, and frame numbers of 32 bits cannot say where it is. */
export const FAR_ADDRESS_HI = 0xff000;
/** A host frame that does not exist: deep enough below 0 that an offset into a large page leaves it there. */
export const NO_FRAME = -0x4000_0000;

/** Host frame named by an entry. */
export const frameOf = (hi: number, lo: number): number =>
  (hi & FAR_ADDRESS_HI) !== 0 ? NO_FRAME : (lo >>> 12) | (hi << 20);
