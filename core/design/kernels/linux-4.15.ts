import type { Kernel } from '../kernel.ts';
import { linux42 } from './linux-4.2.ts';

/** Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux415: Kernel = {
  id: '4.15',
  title: 'Linux 4.15 (January 2018), the last before the TDP MMU in this list',
  read: '4.15.18, whole KVM subtree',
  policy: {
    ...linux42.policy,
    fastMmioRefusedInL2: true,
    fastMmioSkip: 'decode-under-hypervisor',
    io: { ...linux42.policy.io, zeroLengthPio: true },
    pageTrack: true,
    tdp5Level: true,
    accessTracking: true,
    skipReadsTrapFlag: true,
    slots: {
      ...linux42.policy.slots,
      generation: { ...linux42.policy.slots.generation, start: [-150n, -148n], step: 4n },
    },
    misconfigHandler: 'page-fault',
    exitGpaUsed: true,
    emptyInsnBufferReenters: true,
    xcr0: 'inner',
    pkru: 'inner',
    hvTimer: true,
  },
};
