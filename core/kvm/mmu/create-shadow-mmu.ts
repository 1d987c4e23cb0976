import type { Kvm } from '../kvm.ts';
import { Shadow2007 } from './shadow-2007/shadow-2007.ts';
import { UnsyncShadowMmu } from './shadow/unsync-shadow-mmu.ts';
import type { ShadowMmu } from './shadow-mmu.ts';

/** The shadow MMU of the generation that the kernel has. */
export function createShadowMmu(kvm: Kvm): ShadowMmu {
  switch (kvm.policy.shadowMmu) {
    case 'unsync':
      return new UnsyncShadowMmu(kvm);
    case '2007':
    case '2008':
      return new Shadow2007(kvm);
  }
}
