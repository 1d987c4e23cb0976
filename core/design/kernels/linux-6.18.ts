import type { Kernel } from '../kernel.ts';
import { MODERN_IO } from '../../kvm/io/io-policy.ts';
import { MODERN_SLOTS } from '../../kvm/memslots/slot-policy.ts';
import { linux415 } from './linux-4.15.ts';

/** Rules read in the tree of this version or of its neighbours (docs/references.md). */
export const linux618: Kernel = {
  id: '6.18',
  title: 'Linux 6.18 (November 2025), TDP MMU, XCR0 swapped at every entry',
  read: '6.18.2, whole KVM subtree',
  policy: {
    ...linux415.policy,
    io: MODERN_IO,
    mmu: 'tdp-mmu',
    mmuLock: 'rwlock',
    cachedRoots: 3,
    invlpgSync: 'sync-spte',
    eagerPageSplit: true,
    fastPioIn: 'all',
    slots: MODERN_SLOTS,
    ops: 'static',
    fastpath: 'msr-hlt-invd',
    x2avic: true,
    tdx: true,
    emptyInsnBufferReenters: false,
    vectoringCheck: 'at-emulation',
    writeProtectRetry: 'write_protect_fault',
  },
};
