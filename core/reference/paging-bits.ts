// Written down from the manuals a second time: the reference takes nothing of what it checks from the same table.

/** Bits of a guest paging-structure entry: SDM vol. 3, 5.3 to 5.5; APM vol. 2, 5.3. In the low word unless said. */
export const ENTRY = Object.freeze({
  P: 1 << 0,
  RW: 1 << 1,
  US: 1 << 2,
  A: 1 << 5,
  D: 1 << 6,
  PS: 1 << 7,
  G: 1 << 8,
});
/** XD, in the high word. */
export const ENTRY_HI_XD = 1 << 31;
/** Low-word bits that must be 0 in a 2 MiB leaf (20:13) and in a 1 GiB leaf (29:13). */
export const RESERVED_2M = 0x001f_e000;
export const RESERVED_1G = 0x3fff_e000;
/** Bits 2:1 and 8:5 of a PAE page-directory-pointer entry. */
export const RESERVED_PAE_PDPTE = 0x0000_01e6;
/** Bits 62:52 of a PAE entry, in the high word. */
export const RESERVED_PAE_HI = 0x7ff0_0000;

/** High-word bits 51:MAXPHYADDR. */
export const reservedAddressHi = (maxPhyAddr: number): number => 0xfffff & ~((1 << (maxPhyAddr - 32)) - 1);

/** Bits of a 4 MiB PDE that must be 0: bit 21, and those of 20:13 (address bits 39:32) beyond MAXPHYADDR. */
export const reserved4M = (maxPhyAddr: number): number =>
  0x003f_e000 & ~(((1 << (Math.min(maxPhyAddr, 40) - 32)) - 1) << 13);
