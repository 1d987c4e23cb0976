import type { StateSet } from '../base/state.ts';
import { LineCounts } from './line-counts.ts';

/** What a run notes beside its result when it is watched by somebody: accesses and exits by script line, and every event. */
export class Details {
  readonly lines = new LineCounts();
  /** Each access is an event of its own. */
  readonly recordsAccesses: boolean;
  /** By operation: a hit that the CPU counts aside was seen. */
  private readonly hit = new Uint8Array(64);

  constructor(recordsAccesses: boolean) {
    this.recordsAccesses = recordsAccesses;
  }

  register(state: StateSet): void {
    this.lines.register(state);
  }

  /** True when this TLB hit must reach the ledger at once, so that the first access of a path is known by its number. */
  isNewHit(op: number, ended: number): boolean {
    if (ended === 1 && !this.recordsAccesses && this.hit[op] !== 0) return false;
    this.hit[op] = 1;
    return true;
  }
}
