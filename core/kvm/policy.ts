import type { IoPolicy } from './io/io-policy.ts';
import type { SlotPolicy } from './memslots/slot-policy.ts';

/**
 * The switches by which kernels, designs and hosts differ. A kernel version is one value of this type, a design a change to it. What each
 * field means, since when, and where that is written stands in policy-docs.ts,
 * so that two policies can be compared in words.
 */
export interface KvmPolicy {
  // --- FAST_MMIO
  readonly fastMmioOnEptMisconfig: boolean;
  readonly fastMmioOnNpf: boolean;
  readonly fastMmioRefusedInL2: boolean;
  readonly fastMmioSkip: 'length' | 'decode-under-hypervisor';
  readonly nextRipRequired: boolean;
  readonly violationHook: 'none' | 'head' | 'head-write-only' | 'bad-page';
  // --- buses, ioeventfds, coalesced zones
  readonly io: IoPolicy;
  // --- MMU
  readonly nestedPaging: 'supported' | 'absent' | 'not-modelled';
  readonly vpid: boolean;
  readonly mmu: 'direct-map' | 'tdp-mmu';
  readonly mmuLock: 'kvm-mutex' | 'spinlock' | 'rwlock';
  readonly shadowMmu: '2007' | '2008' | 'unsync';
  readonly bypassGuestPf: 'off' | 'as-posted' | 'corrected';
  readonly cachedRoots: 0 | 3;
  readonly invlpgSync: 'zap-and-prefetch' | 'sync-spte';
  readonly mmuNotifier: boolean;
  readonly mmioCaching: boolean;
  readonly readOnlySlotSpte: 'read-only' | 'reserved-write-mostly';
  readonly pageTrack: boolean;
  readonly accessTracking: boolean;
  readonly pml: boolean;
  readonly eagerPageSplit: boolean;
  readonly tdp5Level: boolean;
  // --- memslots
  readonly slots: SlotPolicy;
  // --- emulation
  readonly misconfigHandler: 'mmio-first' | 'page-fault';
  readonly fastPioIn: 'none' | 'amd' | 'all';
  readonly exitGpaUsed: boolean;
  readonly rmwFaultsAsWrite: boolean;
  readonly usesInsnBytes: boolean;
  readonly emptyInsnBufferReenters: boolean;
  readonly repInOneExit: boolean;
  readonly vectoringCheck: 'at-exit' | 'at-emulation';
  readonly writeProtectRetry: 'retry_instruction' | 'write_protect_fault';
  // --- run loop
  readonly slotsGuard: 'none' | 'slots_lock' | 'srcu';
  readonly xcr0: 'none' | 'lazy' | 'inner' | 'outer';
  readonly pkru: 'none' | 'inner' | 'outer';
  readonly fastpath: 'none' | 'msr-hlt' | 'msr-hlt-invd';
  readonly fastMmioInLoop: boolean;
  readonly hvTimer: boolean;
  readonly x2avic: boolean;
  readonly tdx: boolean;
  readonly mcHandling: 'inside' | 'v1' | 'v2';
  readonly ops: 'pointers' | 'static';
  readonly skipReadsTrapFlag: boolean;
  // --- the host
  readonly underHypervisor: boolean;
}
