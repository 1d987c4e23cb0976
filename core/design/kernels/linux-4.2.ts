import type { Kernel } from '../kernel.ts';
import { linux315 } from './linux-3.15.ts';

/** The world of the RFC of August 2015, as its stable tree 4.2.8 shows it. Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux42: Kernel = {
  id: '4.2',
  title: 'Linux 4.2 (August 2015), zero-length ioeventfds repaired (4.2.8)',
  read: '4.2.8, whole KVM subtree',
  policy: {
    ...linux315.policy,
    io: { ...linux315.policy.io, zeroLengthCompare: true, fastMmioTwin: 'separate' },
    pml: true,
    fastPioIn: 'amd',
    rmwFaultsAsWrite: true,
    slots: {
      ...linux315.policy.slots,
      userSlots: 509,
      addressSpaces: 2,
      generation: { ...linux315.policy.slots.generation, start: [-150n, -150n] },
    },
  },
};
