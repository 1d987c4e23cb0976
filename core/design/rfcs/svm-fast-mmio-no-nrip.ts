import type { Design } from '../design.ts';
import { svmFastMmio } from './svm-fast-mmio.ts';

/** The same kernel where the CPU leaves the next RIP zero on #NPF, as the manual reads: the fast path never fires. */
export const svmFastMmioNoNrip: Design = {
  ...svmFastMmio,
  id: 'svm-fast-mmio-no-nrip',
  title: 'FAST_MMIO on NPT, next RIP zero on #NPF',
  cpu: { nripOnNpf: false },
  breaks: [],
};
