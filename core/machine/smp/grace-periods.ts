import type { Thread } from './thread.ts';

interface Waiter {
  readonly thread: Thread;
  /** vCPUs that were out of the guest, in kvm->srcu, when the grace period began, and have not left since. */
  readonly readers: Set<Thread>;
  readonly since: number;
}

/**
 * kvm->srcu in simulated time (kernel/rcu/srcutree.c). call_srcu() starts a normal grace period, which takes milliseconds; an expedited one that
 * is waited for meanwhile has to sit it out, and then waits for the readers of its own beginning. What its machinery costs is the price of its step.
 */
export class GracePeriods {
  /** Cycles of a normal grace period. */
  private readonly normal: number;
  private end = 0;
  /** Callbacks came while one was under way: another one follows. */
  private another = false;
  private waiters: Waiter[] = [];

  constructor(normal: number) {
    this.normal = normal;
  }

  /** call_srcu() at this time. */
  call(now: number): void {
    this.advance(now);
    if (this.end > now) this.another = true;
    else this.end = now + this.normal;
  }

  /** When the normal grace period that is under way ends; `now` when there is none. An expedited wait is in the next one, which it hurries. */
  busyUntil(now: number): number {
    this.advance(now);
    if (this.end <= now) return now;
    this.another = false;
    return this.end;
  }

  /** The thread waits for these readers. True when there are none. */
  wait(thread: Thread, readers: readonly Thread[], now: number): boolean {
    if (readers.length === 0) return true;
    this.waiters.push({ thread, readers: new Set(readers), since: now });
    return false;
  }

  /** A vCPU has dropped kvm->srcu. Returns whose grace period is over by that; their waits are noted. */
  left(reader: Thread, now: number): Thread[] {
    for (const { readers } of this.waiters) readers.delete(reader);
    const over = this.waiters.filter(({ readers }) => readers.size === 0);
    if (over.length === 0) return [];
    this.waiters = this.waiters.filter(({ readers }) => readers.size > 0);
    for (const { thread, since } of over) thread.waits.add('__synchronize_srcu', now - since);
    return over.map(({ thread }) => thread);
  }

  private advance(now: number): void {
    if (this.end > now || !this.another) return;
    this.another = false;
    this.end += this.normal;
  }
}
