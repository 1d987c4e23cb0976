import type { CpuModel } from '../../cost/cpu-model.ts';
import { toSixteenth } from '../../cost/paths.ts';
import { NORMAL_GRACE_PERIOD_MS } from '../../cost/srcu.ts';
import { LOCK, type LockWatcher } from '../../kvm/locks.ts';
import type { KvmPolicy } from '../../kvm/policy.ts';
import { GracePeriods } from './grace-periods.ts';
import { QueuedLock } from './queued-lock.ts';
import type { Thread } from './thread.ts';
import type { Moment } from './timeline.ts';

/** Notes when KVM takes and gives back locks and waits for grace periods, and lets threads queue when that time has come. */
export class LockMoments implements LockWatcher {
  /** Whose step is being carried out. */
  current: Thread | null = null;
  /** Who holds kvm->srcu at this time, the given thread aside. */
  readers: (but: Thread) => Thread[] = () => [];
  private readonly locks: readonly QueuedLock[];
  private readonly srcu: GracePeriods;

  constructor(policy: KvmPolicy, { ghz }: Pick<CpuModel, 'ghz'>) {
    const locks: QueuedLock[] = [];
    locks[LOCK.mmu_lock] = new QueuedLock('mmu_lock', policy.mmuLock === 'kvm-mutex' ? 'mutex' : policy.mmuLock);
    locks[LOCK.slots_lock] = new QueuedLock('slots_lock', 'mutex');
    this.locks = locks;
    this.srcu = new GracePeriods(toSixteenth(NORMAL_GRACE_PERIOD_MS.value * 1e6 * ghz));
  }

  acquire(lock: number, write: boolean): void {
    this.current?.timeline.acquire(lock, write);
  }

  release(lock: number): void {
    this.current?.timeline.release(lock);
  }

  callSrcu(): void {
    this.current?.timeline.note('call-srcu');
  }

  synchronizeSrcu(): void {
    this.current?.timeline.note('synchronize-srcu');
  }

  /** The moment has come at which a thread does something that concerns others. */
  perform(thread: Thread, { what, lock }: Moment): void {
    const { time: now } = thread;
    switch (what) {
      case 'acquire-read':
      case 'acquire-write': {
        const queued = this.locks[lock]!;
        if (queued.acquire(thread, what === 'acquire-write', now)) thread.pass();
        else thread.blocked = `waits for ${queued.name}`;
        return;
      }
      case 'release':
        thread.pass();
        return wake(this.locks[lock]!.release(thread, now), now);
      case 'call-srcu':
        this.srcu.call(now);
        return thread.pass();
      case 'synchronize-srcu':
        return this.synchronize(thread, now);
    }
  }

  /** A vCPU is back in the guest, or blocked, and does not hold kvm->srcu any more. */
  leaves(reader: Thread, now: number): void {
    wake(this.srcu.left(reader, now), now);
  }

  private synchronize(thread: Thread, now: number): void {
    const until = this.srcu.busyUntil(now);
    if (until > now) {
      thread.waits.add('__synchronize_srcu', until - now);
      return thread.delay(until - now);
    }
    if (this.srcu.wait(thread, this.readers(thread), now)) thread.pass();
    else thread.blocked = 'waits for readers of kvm->srcu';
  }
}

function wake(threads: readonly Thread[], now: number): void {
  for (const thread of threads) {
    thread.blocked = '';
    thread.passLate(now);
  }
}
