/** What differs between Linux guests in how they edit page tables. Each line names the change it is from. */
export interface KernelRelease {
  readonly id: '2.6.24' | '3.14' | '4.15' | '6.18';
  /**
   * ptep_set_wrprotect: `btr` LOCK BTRL (clear_bit of 2.6.24), `andb` LOCK ANDB of one byte (clear_bit of a constant bit since), `cmpxchg`
   * of the entry (pgtable.h of 6.6, for shadow stacks: W=0 with D=1 must not be made by accident).
   */
  readonly wrprotect: 'btr' | 'andb' | 'cmpxchg';
  /** Bytes of test_and_clear_bit in 64-bit guests: BTRL, and BTRQ since the suffixes of 4.17 (asm/bitops.h). */
  readonly bitopBytes: 4 | 8;
  /**
   * Most pages of a range that are flushed one by one; beyond it CR3 is loaded again. 2.6.24 knows no ranges: one page or all. 33 is
   * tlb_single_page_flush_ceiling of 3.17; what 3.7 to 3.16 derive from the TLB's size is taken to be the same.
   */
  readonly flushCeiling: number;
  /** tlb_finish_mmu flushes the whole address space, whatever was unmapped: before ranges came to x86 (3.7). */
  readonly unmapFlushesAll: boolean;
  /** A read fault on anonymous memory maps the page of zeros. 2.6.24 had dropped that; it came back in 2.6.32. */
  readonly zeroPage: boolean;
  /** ptep_clear_flush_young flushes the page: before 3.15 (b13b1d2d8692). */
  readonly youngFlush: boolean;
  /**
   * ptep_set_access_flags: 2.6.24 stores the entry (in PAE its low half alone) and flushes the page; since 3.8 it is set_pte and no flush,
   * because the fault has dropped the old translation.
   */
  readonly accessFlags: 'store-and-flush' | 'set';
  /** PCIDs for the last six address spaces: 4.14 (10af6235e0d3). */
  readonly pcid: boolean;
  /** Pages that a read fault on a file maps at once: 16 since 3.15 (8c6e50b0290c). */
  readonly faultAround: number;
  /** Transparent huge pages: 2.6.38 (71e3aac0724f). */
  readonly hugePages: boolean;
  /** mprotect makes a dirty page that is the process's alone writable at once (can_change_pte_writable, 6.0). */
  readonly protectKeepsWrite: boolean;
  /** The frame number in a PROT_NONE entry is inverted against L1TF: 4.19 (6b28baca9b1f). */
  readonly invertsProtNone: boolean;
}

const OLD: KernelRelease = {
  id: '2.6.24',
  wrprotect: 'btr',
  bitopBytes: 4,
  flushCeiling: 1,
  unmapFlushesAll: true,
  zeroPage: false,
  youngFlush: true,
  accessFlags: 'store-and-flush',
  pcid: false,
  faultAround: 1,
  hugePages: false,
  protectKeepsWrite: false,
  invertsProtNone: false,
};
const V3_14: KernelRelease = {
  ...OLD,
  id: '3.14',
  wrprotect: 'andb',
  flushCeiling: 33,
  unmapFlushesAll: false,
  zeroPage: true,
  accessFlags: 'set',
  hugePages: true,
};
const V4_15: KernelRelease = { ...V3_14, id: '4.15', youngFlush: false, pcid: true, faultAround: 16 };
const V6_18: KernelRelease = {
  ...V4_15,
  id: '6.18',
  wrprotect: 'cmpxchg',
  bitopBytes: 8,
  protectKeepsWrite: true,
  invertsProtNone: true,
};

export const RELEASES: Readonly<Record<KernelRelease['id'], KernelRelease>> = {
  '2.6.24': OLD,
  '3.14': V3_14,
  '4.15': V4_15,
  '6.18': V6_18,
};
