import type { Kernel } from '../kernel.ts';
import { linux618 } from './linux-6.18.ts';

/** Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux619: Kernel = {
  id: '6.19',
  title: 'Linux 6.19 (February 2026), XCR0, XSS and PKRU outside the fastpath loop',
  read: '6.19, whole KVM subtree',
  policy: { ...linux618.policy, xcr0: 'outer', pkru: 'outer', mcHandling: 'v2' },
};
