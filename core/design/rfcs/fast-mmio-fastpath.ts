import type { Design } from '../design.ts';
import { FASTPATH_LOOP, NPT_ONLY } from '../needs.ts';
import { fastMmio } from './fast-mmio.ts';

/**
 * A what-if: the FAST_MMIO kick answered in the fastpath loop, where IRQs are off and SRCU is not held. It takes SRCU for the look-up alone. Where
 * the skip would need the decoder (KVM under a hypervisor; on AMD no next RIP) it is refused and the exit goes its ordinary way.
 */
export const fastMmioFastpath: Design = {
  ...fastMmio,
  id: 'fast-mmio-fastpath',
  title: 'FAST_MMIO kick inside the fastpath loop (what-if)',
  source: 'a what-if of this project after seeds 000 and 003; no patch',
  claims: [{ says: 'MMIO exits gain nothing from seed 003: they leave the loop', who: 'arch/x86/kvm/x86.c' }],
  policy: { fastMmioInLoop: true },
  onlyByName: true,
  needs: [...fastMmio.needs, FASTPATH_LOOP],
  breaks: [
    ...fastMmio.breaks,
    'the eventfd is signalled with IRQs off and preemption disabled: a waiter that sleeps may not run there',
  ],
};

/** The same where the CPU stores the next RIP on #NPF. */
export const svmFastMmioFastpath: Design = {
  ...fastMmioFastpath,
  id: 'svm-fast-mmio-fastpath',
  title: 'FAST_MMIO kick inside the fastpath loop on NPT, next RIP stored on #NPF (what-if)',
  needs: [...fastMmioFastpath.needs, NPT_ONLY],
  cpu: { nripOnNpf: true },
};
