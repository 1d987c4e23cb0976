import { describe, expect, it } from 'vitest';
import { PathTable } from '../../cost/paths.ts';
import { QueuedLock, type LockKind } from './queued-lock.ts';
import { STEPPED, Thread } from './thread.ts';

class Idle extends Thread {
  get name(): string {
    return `thread ${this.id}`;
  }
  protected carryOut(): number {
    return STEPPED.ENDED;
  }
}

const threads = (count: number): Thread[] =>
  Array.from({ length: count }, (_, id) => new Idle(id, new PathTable(new Float64Array(1))));
const lockOf = (kind: LockKind): QueuedLock => new QueuedLock('l', kind);

describe('a lock that is queued for', () => {
  it('of the rwlock lets readers in together, and no reader past a waiting writer', () => {
    const [a, b, writer, late] = threads(4) as [Thread, Thread, Thread, Thread];
    const lock = lockOf('rwlock');
    expect([lock.acquire(a, false, 0), lock.acquire(b, false, 10)]).toEqual([true, true]);
    expect([lock.acquire(writer, true, 20), lock.acquire(late, false, 30)]).toEqual([false, false]);
    expect(lock.release(a, 40)).toEqual([]);
    expect(lock.release(b, 100)).toEqual([writer]);
    expect(lock.release(writer, 150)).toEqual([late]);
    expect(writer.waits.list()).toEqual([
      { symbol: 'queued_write_lock_slowpath', kind: 'spins', times: 1, cycles: 80 },
    ]);
    // Behind the writer in the queue for the wait_lock up to 100, then first.
    expect(late.waits.list()).toEqual([
      { symbol: 'queued_spin_lock_slowpath', kind: 'spins', times: 1, cycles: 70 },
      { symbol: 'queued_read_lock_slowpath', kind: 'spins', times: 1, cycles: 50 },
    ]);
  });

  it('of the rwlock lets readers that queued behind each other in at once', () => {
    const [writer, a, b, c] = threads(4) as [Thread, Thread, Thread, Thread];
    const lock = lockOf('rwlock');
    lock.acquire(writer, true, 0);
    lock.acquire(a, false, 1);
    lock.acquire(b, false, 2);
    lock.acquire(c, true, 3);
    expect(lock.release(writer, 10)).toEqual([a, b]);
    expect(lock.release(a, 20)).toEqual([]);
    expect(lock.release(b, 21)).toEqual([c]);
  });

  it.each([
    ['spinlock', 'queued_spin_lock_slowpath'],
    ['mutex', '__mutex_lock_slowpath'],
  ] as const)('of the %s knows no readers, and is handed over in order', (kind, symbol) => {
    const [a, b, c] = threads(3) as [Thread, Thread, Thread];
    const lock = lockOf(kind);
    expect([lock.acquire(a, false, 0), lock.acquire(b, false, 5), lock.acquire(c, false, 6)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(lock.release(a, 10)).toEqual([b]);
    expect(lock.release(b, 30)).toEqual([c]);
    expect(b.waits.list()).toMatchObject([{ symbol, cycles: 5 }]);
    expect(c.waits.list()).toMatchObject([{ symbol, cycles: 24 }]);
  });
});
