import type { Kernel } from '../kernel.ts';
import { linux314 } from './linux-3.14.ts';

/** FAST_MMIO in its first form, with the bugs that were fixed in 2015. Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux315: Kernel = {
  id: '3.15',
  title: 'Linux 3.15 (June 2014), FAST_MMIO in its first form',
  read: '68c3b4d1676d; the rest as in 3.14',
  policy: {
    ...linux314.policy,
    fastMmioOnEptMisconfig: true,
    io: { ...linux314.policy.io, zeroLength: true, fastMmioTwin: 'shared', ioeventfdFlags: 0x1f },
  },
};
