import type { Design } from '../design.ts';
import { BYPASS_PARAMETER, SHADOW_ONLY } from '../needs.ts';
import { userspace } from './userspace.ts';

export const noBypass: Design = {
  id: 'no-bypass',
  title: 'bypass_guest_pf=0: every page fault of the guest leaves it',
  source: 'module parameter of kvm-intel, c7addb902054 (seed 002); what AMD always does',
  claims: [
    { says: 'a module parameter is there because the reserved bits may become unreserved', who: 'A. Kivity, seed 002' },
  ],
  policy: { bypassGuestPf: 'off' },
  doorbell: userspace.doorbell,
  cpu: {},
  needs: [SHADOW_ONLY, BYPASS_PARAMETER],
  breaks: [],
};
