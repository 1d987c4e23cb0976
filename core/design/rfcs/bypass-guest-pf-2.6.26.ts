import type { Design } from '../design.ts';
import { bypassGuestPf } from './bypass-guest-pf.ts';

/** The state of 2.6.26, where it is the default. */
export const bypassGuestPf2626: Design = {
  ...bypassGuestPf,
  id: 'bypass-guest-pf-2.6.26',
  title: 'bypass_guest_pf as corrected: write-protected before the scan, leaf tables of 32-bit guests included',
  source: 'arch/x86/kvm/mmu.c and paging_tmpl.h of 2.6.26, kvm_mmu_get_page() and FNAME(prefetch_page)()',
  policy: { bypassGuestPf: 'corrected' },
  breaks: ['the scan of every new shadow page is paid on AMD and with the module parameter 0 too'],
};
