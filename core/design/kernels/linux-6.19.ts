import type { Kernel } from '../kernel.ts';
import { linux618 } from './linux-6.18.ts';

/** Spec: kvm-semantics.md sections 2 and 12.1. */
export const linux619: Kernel = {
  id: '6.19',
  title: 'Linux 6.19 (February 2026), XCR0 outside the fastpath loop',
  read: '6.19, whole KVM subtree',
  policy: { ...linux618.policy, xcr0: 'outer' },
};
