import type { Design } from '../design.ts';
import { ALWAYS_SYNCHRONISED, NO_MMIO_SPTES, SHADOW_ONLY } from '../needs.ts';
import { userspace } from './userspace.ts';

/** Its doorbell is what kernels had before ioeventfds: an MMIO address that userspace serves. */
export const bypassGuestPf: Design = {
  id: 'bypass-guest-pf',
  title: 'bypass_guest_pf as posted: faults on absent guest pages go straight to the guest',
  source: 'c7addb902054 "KVM: Allow not-present guest page faults to bypass kvm" (A. Kivity, September 2007; seed 002)',
  claims: [
    { says: 'a fault that KVM only injects back is pure overhead, and some of it can go', who: 'A. Kivity, seed 002' },
    { says: 'ordinary not-present faults bypass KVM entirely', who: 'A. Kivity, seed 002' },
    { says: 'it works on Intel alone: AMD cannot filter page faults by their error code', who: 'A. Kivity, seed 002' },
    { says: 'a little risky, because the reserved bits may become unreserved', who: 'A. Kivity, seed 002' },
    {
      says: 'with it the reserved bit is in every fault, MMIO and others mix, and a small regression is the price of removing it',
      who: 'Xiao Guangrong, June 2011',
    },
  ],
  policy: { bypassGuestPf: 'as-posted' },
  doorbell: userspace.doorbell,
  cpu: {},
  needs: [SHADOW_ONLY, NO_MMIO_SPTES, ALWAYS_SYNCHRONISED],
  breaks: [
    'between the scan of a guest table and its write-protection another vCPU can make a page present unseen: its fault goes to the guest, again and again',
    'faults that do not exit no longer reset the count of page-table writes, so tables are taken for flooded more often',
    'the scan of every new shadow page is paid on AMD and with the module parameter 0 too',
    '32-bit guests gain nothing: their tables are not scanned',
  ],
};
