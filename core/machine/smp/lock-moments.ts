import type { PathTable } from '../../cost/paths.ts';
import type { Kvm } from '../../kvm/kvm.ts';
import { LOCK, type LockWatcher } from '../../kvm/locks.ts';
import { QueuedLock } from './queued-lock.ts';
import type { Thread } from './thread.ts';
import type { Moment } from './timeline.ts';

/** Notes when KVM takes and gives back locks, and lets threads queue for them when that time has come. */
export class LockMoments implements LockWatcher {
  private readonly threadOf = new Map<PathTable, Thread>();
  private readonly locks: readonly QueuedLock[];

  constructor({ policy }: Kvm, threads: readonly Thread[]) {
    for (const thread of threads) this.threadOf.set(thread.paths, thread);
    const mmuLock = policy.mmuLock === 'kvm-mutex' ? 'mutex' : policy.mmuLock;
    const locks: QueuedLock[] = [];
    locks[LOCK.mmu_lock] = new QueuedLock('mmu_lock', mmuLock);
    locks[LOCK.slots_lock] = new QueuedLock('slots_lock', 'mutex');
    this.locks = locks;
  }

  acquire(paths: PathTable, lock: number, write: boolean): void {
    this.threadOf.get(paths)?.timeline.acquire(lock, write);
  }

  release(paths: PathTable, lock: number): void {
    this.threadOf.get(paths)?.timeline.release(lock);
  }

  callSrcu(paths: PathTable): void {
    this.threadOf.get(paths)?.timeline.note('call-srcu');
  }

  synchronizeSrcu(paths: PathTable): void {
    this.threadOf.get(paths)?.timeline.note('synchronize-srcu');
  }

  /** The moment has come at which a thread takes or gives back a lock. */
  perform(thread: Thread, { what, lock }: Moment): void {
    const { time: now } = thread;
    const queued = this.locks[lock]!;
    if (what === 'acquire-read' || what === 'acquire-write') {
      if (queued.acquire(thread, what === 'acquire-write', now)) thread.pass();
      else thread.blocked = `waits for ${queued.name}`;
      return;
    }
    thread.pass();
    for (const granted of queued.release(thread, now)) {
      granted.blocked = '';
      granted.passLate(now);
    }
  }
}
