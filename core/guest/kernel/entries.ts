import type { Geometry } from './geometry.ts';

/** Bits of a page-table entry's low word as Linux uses them (asm/pgtable_types.h). */
export const PTE = Object.freeze({
  P: 1 << 0,
  RW: 1 << 1,
  US: 1 << 2,
  /** Uncached: pages of devices. */
  PCD: 1 << 4,
  A: 1 << 5,
  D: 1 << 6,
  PS: 1 << 7,
  /** _PAGE_PROTNONE where P is clear: present to the kernel, not to the processor. */
  PROTNONE: 1 << 8,
  /** _PAGE_SPECIAL: no page of the kernel's behind it (zero page, device). */
  SPECIAL: 1 << 9,
});
/** XD, in the high word of an 8-byte entry. */
export const PTE_NX_HI = 1 << 31;

/** _PAGE_TABLE: an entry that points to a table has A and D set from the start. */
export const TABLE_FLAGS = PTE.P | PTE.RW | PTE.US | PTE.A | PTE.D;
/** A page-directory-pointer entry of PAE: RW, US, A and D are reserved there. */
export const PAE_POINTER_FLAGS = PTE.P;

const LO_FLAGS = 0xfff;
/** Frame bits in the high word of an 8-byte entry. */
const HI_FRAME = 0xfffff;

/** Frame number in an entry. */
export const frameOf = (hi: number, lo: number): number => (hi & HI_FRAME) * 0x10_0000 + (lo >>> 12);

/** Words of an entry. */
export const entryLo = (pfn: number, flags: number): number => ((pfn % 0x10_0000) << 12) | (flags & LO_FLAGS);
export const entryHi = (pfn: number, flagsHi: number): number => Math.floor(pfn / 0x10_0000) | flagsHi;

/** pte_present: to the kernel, PROT_NONE entries included. */
export const isPresent = (lo: number): boolean => (lo & (PTE.P | PTE.PROTNONE)) !== 0;

/** pte_none. */
export const isNone = (hi: number, lo: number): boolean => (hi | lo) === 0;

/** NX where the format has it and the area may not be executed. */
export const nxOf = ({ entryBytes }: Geometry, executable: boolean): number =>
  entryBytes === 8 && !executable ? PTE_NX_HI : 0;

/** Inverts the frame of a PROT_NONE entry, or of one that is inverted. */
export const invertHi = (hi: number): number => hi ^ HI_FRAME;
export const invertLo = (lo: number): number => lo ^ ~LO_FLAGS;
