import { derived } from './cited.ts';

/**
 * A normal grace period of kvm->srcu, in milliseconds: what call_srcu() starts, and what an expedited wait behind it has to sit out. It is made
 * of delayed work that counts in ticks, not in cycles of the CPU.
 */
export const NORMAL_GRACE_PERIOD_MS = derived(
  8,
  [4, 12],
  'measured on kernel 6.18: KVM_IOEVENTFD deassign right after an assign 4 to 8 ms, a memslot created right after one 7.6 to 11.8 ms',
);
