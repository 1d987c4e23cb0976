import type { PathTable } from '../../cost/paths.ts';

/** Something that happens in the middle of what a thread does, so many cycles after it began. */
export interface Moment {
  readonly offset: number;
  readonly what: 'acquire-read' | 'acquire-write' | 'release' | 'call-srcu' | 'synchronize-srcu' | 'ipi';
  /** Number of the lock (core/kvm/locks.ts); of an IPI its target, 256 times its vector, and 2^16 if the CPU sent it. */
  readonly lock: number;
}

/**
 * The moments of what one thread is doing. What it does to the VM is done at once, when it begins; what it costs is laid out in time
 * afterwards, moment by moment, among what the other threads do.
 */
export class Timeline {
  readonly moments: Moment[] = [];
  private readonly held = new Set<number>();
  private readonly paths: PathTable;
  private begun = 0;

  constructor(paths: PathTable) {
    this.paths = paths;
  }

  begin(): void {
    this.moments.length = 0;
    this.held.clear();
    this.begun = this.paths.clock;
  }

  /** Everything that was taken is given back. Returns what it cost, in cycles. */
  end(): number {
    for (const lock of this.held) this.note('release', lock);
    this.held.clear();
    return this.offset;
  }

  acquire(lock: number, write: boolean): void {
    this.release(lock);
    this.held.add(lock);
    this.note(write ? 'acquire-write' : 'acquire-read', lock);
  }

  release(lock: number): void {
    if (this.held.delete(lock)) this.note('release', lock);
  }

  note(what: Moment['what'], lock = -1): void {
    this.moments.push({ offset: this.offset, what, lock });
  }

  /** Cycles since the step began. */
  get soFar(): number {
    return this.offset;
  }

  private get offset(): number {
    return this.paths.clock - this.begun + this.paths.costSoFar;
  }
}
