/** Locks of a VM for which its vCPUs and the VMM's threads queue. */
export const LOCK = Object.freeze({ mmu_lock: 0, slots_lock: 1 });

/**
 * Whoever has to know when the thread that runs takes a lock and gives it back: a machine whose vCPUs run at the same time. The price of the path
 * so far says when. Taking a lock again gives it back first; what is not given back is held to the end of the step.
 */
export interface LockWatcher {
  acquire(lock: number, write: boolean): void;
  release(lock: number): void;
  /** A grace period of kvm->srcu begins in the background (call_srcu). */
  callSrcu(): void;
  /** An expedited grace period of kvm->srcu is waited for. */
  synchronizeSrcu(): void;
}
