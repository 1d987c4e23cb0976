import type { Kernel } from '../kernel.ts';
import { linux2624 } from './linux-2.6.24.ts';

/**
 * `bypass_guest_pf` as it was corrected, on by default. EPT and NPT came with this version and are not modelled in their first form. What
 * of it has no field:
 * - Guest memory is the VMM's and pinned page by page as it is mapped. Entries of 2 MiB exist where it is hugetlbfs; the model's shadow
 *   entries are of 4 KiB.
 * - Shadow pages are 2 % of the slots' pages, 64 at least (KVM_PERMILLE_MMU_PAGES); in 2.6.24 there are 1024.
 * - Paravirtual MMU operations (KVM_HC_MMU_OP) are left out.
 */
export const linux2626: Kernel = {
  id: '2.6.26',
  title: 'Linux 2.6.26 (July 2008), bypass_guest_pf corrected and on by default',
  read: 'arch/x86/kvm/mmu.c of 2.6.26 and paging_tmpl.h of 947da5383069; the rest recalled or as in 2.6.24',
  policy: {
    ...linux2624.policy,
    nestedPaging: 'not-modelled',
    vpid: true,
    mmuLock: 'spinlock',
    shadowMmu: '2008',
    bypassGuestPf: 'corrected',
    // KVM_MEMORY_SLOTS; four more are private.
    slots: { ...linux2624.policy.slots, userSlots: 32 },
    slotsGuard: 'slots_lock',
  },
};
