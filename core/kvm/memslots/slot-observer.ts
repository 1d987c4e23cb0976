/**
 * What KVM's memslots ask of the MMU. Slots are named by their row in `Memslots`. Calls come while the ioctl runs, at the place the
 * kernel makes them; during `zapAllRoots` and `zapRange` of a DELETE or MOVE the slot carries SLOT_FLAG.INVALID.
 */
export interface SlotObserver {
  /** kvm_mmu_zap_all_fast: every root of the VM becomes invalid and every vCPU is asked to reload. */
  zapAllRoots(): void;
  /** Only this range's SPTEs, where the zap-all quirk is off. */
  zapRange(space: number, baseGfn: number, pages: number): void;
  /** A slot that logs came or went, by any kind of change: the CPU's logging follows (kvm_mmu_update_cpu_dirty_logging). */
  dirtyLoggingChanged(): void;
  /** KVM_MEM_LOG_DIRTY_PAGES was set on a slot that stays where it is: split, clear D bits or write-protect, flush. */
  dirtyLogEnabled(slot: number): void;
  /** It was taken away: huge pages may come back. */
  dirtyLogDisabled(slot: number): void;
  /** KVM_GET_DIRTY_LOG took these bits (bit n: page `word * 32 + n` of the slot): protect those pages again. */
  dirtyLogTaken(slot: number, word: number, mask: number): void;
  /** KVM_GET_DIRTY_LOG found something: one TLB flush. */
  flushAfterDirtyLog(slot: number): void;
  /** A swap was published: every running vCPU is kicked. */
  swapped(space: number): void;
}

/** An observer for a VM without an MMU (ioctls alone). */
export const NO_OBSERVER: SlotObserver = Object.freeze({
  zapAllRoots(): void {},
  zapRange(): void {},
  dirtyLoggingChanged(): void {},
  dirtyLogEnabled(): void {},
  dirtyLogDisabled(): void {},
  dirtyLogTaken(): void {},
  flushAfterDirtyLog(): void {},
  swapped(): void {},
});
