import type { KvmPolicy } from '../../policy.ts';
import { TRAP_HI, TRAP_LO } from './entry.ts';

/**
 * What the code of a kernel does, where the kernels with this MMU differ. `is2008`: arch/x86/kvm/mmu.c of 2.6.26; else drivers/kvm/mmu.c of
 * 2.6.24, with c7addb902054 applied where bypass_guest_pf is asked for.
 */
export interface Rules {
  readonly is2008: boolean;
  readonly isIntel: boolean;
  /** kvm_mmu_set_nonpresent_ptes(): the value of an entry that must exit. The other one, that need not, is always 0. */
  readonly trapHi: number;
  readonly trapLo: number;
  /** A leaf entry that is filled again keeps the bits it had: 2.6.24 until the posted patch made it begin anew. */
  readonly keepsBits: boolean;
  /** The page-fault error-code mask and match in the VMCS. */
  readonly filter: 0 | 1;
  /** prefetch_page() exists: a new shadow page is filled from the guest's table, on AMD and with the parameter 0 too. */
  readonly prefetches: boolean;
  /** prefetch_page() looks at the leaf tables of 32-bit guests. */
  readonly prefetches32: boolean;
  /** The guest's table is write-protected before it is scanned. */
  readonly protectsFirst: boolean;
}

export function rulesOf(policy: KvmPolicy, isIntel: boolean): Rules {
  const is2008 = policy.shadowMmu === '2008';
  const asPosted = policy.bypassGuestPf === 'as-posted';
  const bypasses = policy.bypassGuestPf !== 'off' && isIntel;
  return {
    is2008,
    isIntel,
    trapHi: bypasses ? TRAP_HI : 0,
    trapLo: bypasses ? TRAP_LO : 0,
    keepsBits: !is2008 && policy.bypassGuestPf === 'off',
    filter: bypasses ? 1 : 0,
    prefetches: is2008 || policy.bypassGuestPf !== 'off',
    prefetches32: !asPosted,
    protectsFirst: !asPosted,
  };
}
