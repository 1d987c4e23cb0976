/**
 * x86 paging entries as the processor reads them. Bits of the low word, except those named `_HI`, which are of the high word.
 * Sources: Intel SDM vol. 3A, chapter "Paging" (formats of the paging-structure entries); AMD APM vol. 2, chapter "Page Translation".
 */
export const PTE = Object.freeze({
  P: 1 << 0,
  W: 1 << 1,
  U: 1 << 2,
  PWT: 1 << 3,
  PCD: 1 << 4,
  A: 1 << 5,
  D: 1 << 6,
  /** Page size, in entries of level 2 and above. */
  PS: 1 << 7,
  G: 1 << 8,
  /** Execute-disable, bit 63. */
  NX_HI: 1 << 31,
});

/** Bits 62:59 of a leaf hold the protection key; in the high word they begin at bit 27. */
export const PTE_PKEY_SHIFT_HI = 27;

/** Bits 51:32 of the address, in the high word. */
const ADDRESS_HI = 0x000f_ffff;

/** Reserved address bits of a leaf that maps a large page: 20:13 of a 2 MiB page (12 is PAT), 29:13 of a 1 GiB page. */
export const LARGE_RESERVED = Object.freeze({ M2: 0x001f_e000, G1: 0x3fff_e000 });

/** Reserved bits of a PAE page-directory-pointer entry below the address: 2:1 and 8:5 (SDM, "PAE Paging"). */
export const PAE_PDPTE_RESERVED = 0x0000_01e6;

/** Reserved bit of a 4 MiB page's entry: 21; bits 20:13 are bits 39:32 of the address (PSE-36). */
export const PSE_RESERVED = 1 << 21;

/** Physical-address bits of the high word at or above MAXPHYADDR, up to bit 51. */
export const reservedAddressHi = (maxphyaddr: number): number =>
  maxphyaddr >= 52 ? 0 : ADDRESS_HI & ~((1 << (maxphyaddr - 32)) - 1);

/** PKRU: access-disable and write-disable of key `k` are bits 2k and 2k+1 (SDM, "Protection Keys"). */
export const PKRU = Object.freeze({ AD: 1, WD: 2 });

/** Exception vectors that the model raises. */
export const VECTOR = Object.freeze({ UD: 6, GP: 13, PF: 14 });
