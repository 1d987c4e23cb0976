import type { PathTable } from '../cost/paths.ts';

/** Locks of a VM for which its vCPUs and the VMM's thread queue. */
export const LOCK = Object.freeze({ mmu_lock: 0, slots_lock: 1 });

export type LockName = keyof typeof LOCK;

/**
 * Whoever has to know when a lock is taken and given back: a machine whose vCPUs run at the same time. `paths` is the ledger of the one who
 * takes it; the price of the path so far says when. Taking a lock again gives it back first.
 */
export interface LockWatcher {
  acquire(paths: PathTable, lock: number, write: boolean): void;
  release(paths: PathTable, lock: number): void;
  /** A grace period of kvm->srcu begins in the background (call_srcu). */
  callSrcu(paths: PathTable): void;
  /** An expedited grace period of kvm->srcu is waited for. */
  synchronizeSrcu(paths: PathTable): void;
}
