import { ACC } from '../guest-walk.ts';
import { LEVEL, NPT_BITS } from '../spte.ts';

/**
 * SPTEs of shadow tables: PAE and long-mode entries, which have KVM's software bits where those of NPT have them (core/kvm/mmu/spte.ts).
 */
const WRITABLE = 1 << 1;
const USER = 1 << 2;
const LARGE = 1 << 7;
const NX_HI = 1 << 31;
const PRESENT = 1;
const { accessedLo, dirtyLo, hostWritableLo, leafLo, mmuWritableLo } = NPT_BITS;
const BASE = leafLo & ~USER;

/** A pointer of a PAE root: present, and nothing else (mmu_alloc_shadow_roots). */
export const paePointerLo = (frame: number): number => (frame << 12) | PRESENT;
export const paePointerHi = (frame: number): number => frame >>> 20;

/** make_spte(), low word, without write permission and what goes with it. `accessed`: not when prefetched. */
export const shadowLeafLo = (frame: number, level: number, access: number, hostWritable: boolean, accessed: boolean) =>
  BASE |
  (frame << 12) |
  (level > LEVEL.P4K ? LARGE : 0) |
  ((access & ACC.USER) !== 0 ? USER : 0) |
  (hostWritable ? hostWritableLo : 0) |
  (accessed ? accessedLo : 0);

/** make_spte(), high word. */
export const shadowLeafHi = (frame: number, access: number): number =>
  (frame >>> 20) | ((access & ACC.EXEC) !== 0 ? 0 : NX_HI);

/** What write permission adds to the low word. */
export const GRANTED_WRITE = WRITABLE | mmuWritableLo | dirtyLo;

export const isHostWritable = (lo: number): boolean => (lo & hostWritableLo) !== 0;

/** spte_write_protect: is there something to take? `forGood`: KVM shadows the page; else dirty logging, which may give it back. */
export const canProtect = (lo: number, forGood: boolean): boolean =>
  (lo & WRITABLE) !== 0 || (forGood && (lo & mmuWritableLo) !== 0);

export const protectedLo = (lo: number, forGood: boolean): number => lo & ~WRITABLE & (forGood ? ~mmuWritableLo : ~0);

/** True when a change of a present leaf has to be seen by every TLB: write permission or the accessed or dirty bit went. */
export const needsFlush = (oldLo: number, newLo: number): boolean =>
  ((oldLo & (WRITABLE | mmuWritableLo)) !== 0 && (newLo & WRITABLE) === 0) ||
  (oldLo & ~newLo & (accessedLo | dirtyLo)) !== 0;

/** Low word of an MMIO SPTE: present, the guest's write and user rights, and what mmioSpteLo adds. */
export const mmioAccessLo = (lo: number, access: number): number =>
  (lo & ~(WRITABLE | USER)) | (access & (WRITABLE | USER));

/** Rights that an MMIO SPTE keeps, as ACC. */
export const accessOfMmio = (lo: number): number => lo & (WRITABLE | USER);
