import type { Design } from '../design.ts';
import { FAST_ON_NPT, NPT_ONLY } from '../needs.ts';
import { fastMmio } from './fast-mmio.ts';

/** AMD's FAST_MMIO where the CPU stores the next RIP on #NPF, as the commit says it does in practice. */
export const svmFastMmio: Design = {
  ...fastMmio,
  id: 'svm-fast-mmio',
  title: 'FAST_MMIO on NPT, next RIP stored on #NPF',
  source: '01cde4eaaeca "KVM: SVM: ... fast MMIO" (posted 13 November 2025, Linux 7.0)',
  claims: [
    { says: 'the next RIP is there on #NPF in practice', who: 'S. Christopherson, 01cde4eaaeca' },
    { says: 'nRIP is zero for all intercepts but those of instructions', who: 'AMD APM vol. 2, 15.7.1' },
  ],
  cpu: { nripOnNpf: true },
  needs: [NPT_ONLY, FAST_ON_NPT],
};
