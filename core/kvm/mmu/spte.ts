/**
 * Shadow page-table entries of two-dimensional paging: the hardware's bits for EPT and NPT, KVM's software bits, and the encoding of an
 * MMIO SPTE (arch/x86/kvm/mmu/spte.h). An entry is two words; `lo` holds bits 31:0.
 */
export const LEVEL = Object.freeze({ P4K: 1, P2M: 2, P1G: 3 });

/** SPTE_MMU_PRESENT_MASK: what KVM itself calls shadow-present. */
const MMU_PRESENT = 1 << 11;
const LARGE = 1 << 7;
const WRITABLE = 1 << 1;
const FRAME_LO = ~0xfff;
const FRAME_HI = 0xfffff;

/** Bits of the memslot generation that an MMIO SPTE keeps. */
const MMIO_GENERATION_BITS = 19;
export const MMIO_GENERATION_MASK = (1 << MMIO_GENERATION_BITS) - 1;
const GENERATION_LOW_BITS = 8;
const GENERATION_LOW_SHIFT = 3;
const GENERATION_HIGH_SHIFT = 20;
const GENERATION_HIGH_MASK = 0x7ff;

/** Rights an MMIO SPTE remembers for NPT, as in the hardware's entry: writable, user. */
const NPT_MMIO_ACCESS = (1 << 1) | (1 << 2);

export interface SpteBits {
  readonly kind: 'ept' | 'npt';
  /** A table entry, without address. */
  readonly tableLo: number;
  /** A leaf without write permission, address, size, accessed and dirty. */
  readonly leafLo: number;
  readonly accessedLo: number;
  readonly dirtyLo: number;
  readonly hostWritableLo: number;
  readonly hostWritableHi: number;
  readonly mmuWritableLo: number;
  readonly mmuWritableHi: number;
  readonly mmioMaskLo: number;
  readonly mmioMaskHi: number;
  readonly mmioLo: number;
  readonly mmioHi: number;
}

/** R, W, X; write-back type 6 in 5:3; ignore-PAT 6; host- and MMU-writable in 57 and 58. Without A/D bits there is no dirty bit. */
export const eptBits = (accessedDirty: boolean): SpteBits => ({
  kind: 'ept',
  tableLo: 0b111 | MMU_PRESENT | (accessedDirty ? 1 << 8 : 0),
  leafLo: 0b101 | (6 << 3) | (1 << 6) | MMU_PRESENT,
  accessedLo: accessedDirty ? 1 << 8 : 0,
  dirtyLo: accessedDirty ? 1 << 9 : 0,
  hostWritableLo: 0,
  hostWritableHi: 1 << 25,
  mmuWritableLo: 0,
  mmuWritableHi: 1 << 26,
  mmioMaskLo: 0b111,
  mmioMaskHi: 1 << 31,
  mmioLo: 0b110,
  mmioHi: 0,
});

/** P, RW, U/S; accessed 5, dirty 6; host- and MMU-writable in 9 and 10; MMIO is present with reserved bit 51. */
export const NPT_BITS: SpteBits = Object.freeze({
  kind: 'npt',
  tableLo: 0b111 | MMU_PRESENT | (1 << 5),
  leafLo: 0b101 | MMU_PRESENT,
  accessedLo: 1 << 5,
  dirtyLo: 1 << 6,
  hostWritableLo: 1 << 9,
  hostWritableHi: 0,
  mmuWritableLo: 1 << 10,
  mmuWritableHi: 0,
  mmioMaskLo: 1,
  mmioMaskHi: 1 << 19,
  mmioLo: 1 | NPT_MMIO_ACCESS,
  mmioHi: 1 << 19,
});

export const isShadowPresent = (lo: number): boolean => (lo & MMU_PRESENT) !== 0;
export const isLarge = (lo: number): boolean => (lo & LARGE) !== 0;
export const isWritable = (lo: number): boolean => (lo & WRITABLE) !== 0;

/** Frame number in an entry; host frames fit in 27 bits. */
export const frameOf = (hi: number, lo: number): number => ((hi & FRAME_HI) << 20) | (lo >>> 12);

export const isMmioSpte = (bits: SpteBits, hi: number, lo: number): boolean =>
  (lo & bits.mmioMaskLo) === (bits.mmioLo & bits.mmioMaskLo) &&
  (hi & bits.mmioMaskHi) === (bits.mmioHi & bits.mmioMaskHi);

export const isMmuWritable = (bits: SpteBits, hi: number, lo: number): boolean =>
  (lo & bits.mmuWritableLo) === bits.mmuWritableLo && (hi & bits.mmuWritableHi) === bits.mmuWritableHi;

/** The 19-bit generation of an MMIO SPTE: bits 7:0 in 10:3, bits 18:8 in 62:52. */
export const mmioGeneration = (hi: number, lo: number): number =>
  ((lo >>> GENERATION_LOW_SHIFT) & 0xff) |
  (((hi >>> GENERATION_HIGH_SHIFT) & GENERATION_HIGH_MASK) << GENERATION_LOW_BITS);

/** make_mmio_spte(), low word. */
export const mmioSpteLo = (bits: SpteBits, gpaLo: number, generation: number): number =>
  bits.mmioLo | (gpaLo & FRAME_LO) | ((generation & 0xff) << GENERATION_LOW_SHIFT);

/** make_mmio_spte(), high word. */
export const mmioSpteHi = (bits: SpteBits, gpaHi: number, generation: number): number =>
  bits.mmioHi |
  (gpaHi & FRAME_HI) |
  (((generation >>> GENERATION_LOW_BITS) & GENERATION_HIGH_MASK) << GENERATION_HIGH_SHIFT);

export const tableSpteLo = (bits: SpteBits, hfn: number): number => bits.tableLo | (hfn << 12);
export const tableSpteHi = (hfn: number): number => hfn >>> 20;

/**
 * make_spte(), low word: a leaf is accessed at once (not when prefetched), and dirty when writable. `mapWritable`: the host page may be
 * written; `protect`: write permission is withheld for dirty logging.
 */
export function leafSpteLo(
  bits: SpteBits,
  hfn: number,
  level: number,
  mapWritable: boolean,
  protect: boolean,
  prefetch: boolean,
): number {
  let lo = bits.leafLo | (hfn << 12);
  if (level > LEVEL.P4K) lo |= LARGE;
  if (!prefetch) lo |= bits.accessedLo;
  if (!mapWritable) return lo;
  lo |= bits.hostWritableLo | bits.mmuWritableLo;
  return protect ? lo : lo | WRITABLE | bits.dirtyLo;
}

/** make_spte(), high word. */
export const leafSpteHi = (bits: SpteBits, hfn: number, mapWritable: boolean): number =>
  (hfn >>> 20) | (mapWritable ? bits.hostWritableHi | bits.mmuWritableHi : 0);

/** Write permission given back (fast page fault), low word. */
export const madeWritable = (bits: SpteBits, lo: number): number => lo | WRITABLE | bits.dirtyLo;

/** Write permission taken away, low word. */
export const writeProtected = (lo: number): number => lo & ~WRITABLE;
