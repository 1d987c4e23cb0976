/**
 * EPT entries: SDM vol. 3C, "The Extended Page Table Mechanism", tables "Format of an EPT PML4 Entry" to "... Page-Table Entry".
 * Bits of the low word.
 */
export const EPT = Object.freeze({
  R: 1 << 0,
  W: 1 << 1,
  X: 1 << 2,
  RWX: 7,
  MEMTYPE_SHIFT: 3,
  MEMTYPE_MASK: 7,
  IPAT: 1 << 6,
  PS: 1 << 7,
  A: 1 << 8,
  D: 1 << 9,
});

/** Memory types an EPT leaf may name: UC 0, WC 1, WT 4, WP 5, WB 6. Bit `t` of this word is set where type `t` is a misconfiguration. */
export const EPT_BAD_MEMTYPES = (1 << 2) | (1 << 3) | (1 << 7);

/** Bits 2:0 that no entry may hold (bit `v` for value `v`): write without read. Execute-only is one more where it is unsupported. */
export const EPT_BAD_RWX = (1 << 0b010) | (1 << 0b110);
export const EPT_EXECUTE_ONLY = 1 << 0b100;

/** A non-leaf entry: bits 6:3 must be 0; at level 4 and 5 bit 7 too. */
export const EPT_NONLEAF_RESERVED = 0x78;

/** Address bits that must be 0 in a leaf of a 2 MiB (20:12) and of a 1 GiB page (29:12). */
export const EPT_LARGE_RESERVED = Object.freeze({ M2: 0x001f_f000, G1: 0x3fff_f000 });

/** Entries of the page-modification log (SDM vol. 3C, "Page-Modification Logging"): the index counts down from here. */
export const PML_LAST_INDEX = 511;

/** Exit qualification of an I/O instruction: SDM vol. 3C, table "Exit Qualification for I/O Instructions". */
export const IO_QUAL = Object.freeze({ IN: 1 << 3, STRING: 1 << 4, REP: 1 << 5, IMMEDIATE: 1 << 6, PORT_SHIFT: 16 });

/** Exit qualification of a control-register access: register number in 3:0, type in 5:4 (0: MOV to CR). */
export const CR_QUAL = Object.freeze({ NUMBER_MASK: 15, MOV_TO_CR: 0 });
