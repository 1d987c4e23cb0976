import type { Kernel } from '../kernel.ts';
import { linux619 } from './linux-6.19.ts';

/** Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux70: Kernel = {
  id: '7.0',
  title: 'Linux 7.0 (April 2026), FAST_MMIO for AMD nested paging',
  read: '7.0.0 and 7.1.3, whole KVM subtree',
  policy: { ...linux619.policy, fastMmioOnNpf: true, nextRipRequired: true },
};
