import type { Vcpu } from '../../vcpu.ts';
import { accessOf, ACC, guestLevels } from '../guest-walk.ts';
import { ENTRIES } from '../shadow-pages.ts';
import { LEVEL } from '../spte.ts';
import { quadrantOf, ROLE } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';

const PRESENT = 1;
const ACCESSED = 1 << 5;
const DIRTY = 1 << 6;

/** Bytes of a guest entry in the vCPU's present mode. */
export const entryBytes = (vcpu: Vcpu): number => (guestLevels(vcpu.regs) === 2 ? 4 : 8);

/** FNAME(get_level1_sp_gpa), low word, and the entry's place in it: where the guest entry of an SPTE of a leaf page stands. */
export function leafEntryLo(c: ShadowContext, page: number, index: number): number {
  const role = c.pages.role[page]!;
  const base = ((c.pages.gfn[page]! % 0x10_0000) << 12) | 0;
  if ((role & ROLE.HAS_4_BYTE_GPTE) === 0) return base | (index * 8);
  return base | ((quadrantOf(role) * ENTRIES + index) * 4);
}

export const leafEntryHi = (c: ShadowContext, page: number): number => (c.pages.gfn[page]! / 0x10_0000) | 0;

/** FNAME(prefetch_invalid_gpte), but for dropping the SPTE: not present, not accessed, or a reserved bit. */
export const isInvalidEntry = (vcpu: Vcpu, hi: number, lo: number): boolean =>
  (lo & PRESENT) === 0 || (lo & ACCESSED) === 0 || vcpu.walk.isReserved(hi, lo, LEVEL.P4K);

/** Guest frame in a leaf entry of 4 KiB. */
export const gfnOfEntry = (hi: number, lo: number): number => (hi & 0xf_ffff) * 0x10_0000 + (lo >>> 12);

/** ACC rights of a leaf entry under what the levels above leave; a clean page is not writable (FNAME(protect_clean_gpte)). */
export const accessOfEntry = (above: number, hi: number, lo: number): number =>
  above & accessOf(hi, lo) & ((lo & DIRTY) !== 0 ? ACC.ALL : ~ACC.WRITE);
