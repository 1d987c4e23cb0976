import { WorkerPool } from '../workers/pool.ts';

/**
 * Worker pools, one a piece of work, so that ending the work ends its threads and nobody else's. A pool that did its work is kept for
 * the next one: its threads have everything loaded.
 */
export class Pools {
  private readonly idle: WorkerPool[] = [];
  private readonly busy = new Set<WorkerPool>();
  private readonly threads: number;

  constructor(threads: number) {
    this.threads = threads;
  }

  take(): WorkerPool {
    const pool = this.idle.pop() ?? new WorkerPool(this.threads);
    this.busy.add(pool);
    return pool;
  }

  /** The work is done. */
  giveBack(pool: WorkerPool): void {
    if (!this.busy.delete(pool)) return;
    if (this.idle.length === 0) this.idle.push(pool);
    else void pool.close();
  }

  /** The work must end now; jobs under way are never answered. */
  async end(pool: WorkerPool): Promise<void> {
    this.busy.delete(pool);
    await pool.close();
  }

  async close(): Promise<void> {
    const all = [...this.idle.splice(0), ...this.busy];
    this.busy.clear();
    await Promise.all(all.map((pool) => pool.close()));
  }
}
