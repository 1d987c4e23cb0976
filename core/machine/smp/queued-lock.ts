import type { Thread } from './thread.ts';
import type { WaitSymbol } from './waits.ts';

/** What kind of lock it is: qrwlock, qspinlock, a mutex. */
export type LockKind = 'rwlock' | 'spinlock' | 'mutex';

interface Waiter {
  readonly thread: Thread;
  readonly write: boolean;
  readonly since: number;
  headSince: number;
}

/**
 * One lock of the kernel's, handed over in the order of arrival. Of those who wait for a qrwlock the first spins on the lock itself, in
 * queued_read_lock_slowpath() or queued_write_lock_slowpath(); the others queue for its wait_lock, a qspinlock, which is why perf shows a
 * contended rwlock mostly as queued_spin_lock_slowpath() (kernel/locking/qrwlock.c). While anyone waits no reader overtakes.
 * Left out: what it costs to move the lock's cache line, and that a mutex's waiter spins as long as the owner runs.
 */
export class QueuedLock {
  readonly name: string;
  private readonly kind: LockKind;
  private readonly readers = new Set<Thread>();
  private writer: Thread | null = null;
  private readonly queue: Waiter[] = [];

  constructor(name: string, kind: LockKind) {
    this.name = name;
    this.kind = kind;
  }

  /** True when the thread has it at once; else it queues. Only an rwlock knows readers. */
  acquire(thread: Thread, wantsWrite: boolean, now: number): boolean {
    const write = wantsWrite || this.kind !== 'rwlock';
    if (this.queue.length === 0 && this.isFree(write)) {
      this.take(thread, write);
      return true;
    }
    this.queue.push({ thread, write, since: now, headSince: this.queue.length === 0 ? now : -1 });
    return false;
  }

  /** Gives it back. Returns who has it from now on and had to wait; their waits are noted. */
  release(thread: Thread, now: number): Thread[] {
    this.readers.delete(thread);
    if (this.writer === thread) this.writer = null;
    const granted: Thread[] = [];
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      if (head.headSince < 0) head.headSince = now;
      if (!this.isFree(head.write)) break;
      this.queue.shift();
      this.take(head.thread, head.write);
      this.note(head, now);
      granted.push(head.thread);
    }
    return granted;
  }

  private isFree(write: boolean): boolean {
    return this.writer === null && (!write || this.readers.size === 0);
  }

  private take(thread: Thread, write: boolean): void {
    if (write) this.writer = thread;
    else this.readers.add(thread);
  }

  private note({ thread, write, since, headSince }: Waiter, now: number): void {
    const { waits } = thread;
    if (this.kind === 'mutex') return waits.add('__mutex_lock_slowpath', now - since);
    if (this.kind === 'spinlock') return waits.add('queued_spin_lock_slowpath', now - since);
    const symbol: WaitSymbol = write ? 'queued_write_lock_slowpath' : 'queued_read_lock_slowpath';
    waits.add('queued_spin_lock_slowpath', headSince - since);
    waits.add(symbol, now - headSince);
  }
}
