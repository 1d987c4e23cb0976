import { EVENT_ROWS } from './kinds.ts';

/** Who knows where a run stands; the path table. */
export interface Stamp {
  /** Number of the access under way, in its only cell. */
  readonly ordinal: Float64Array;
  /** Cycles of the ended accesses, and of the one under way so far. */
  readonly clock: number;
  readonly costSoFar: number;
  /** Position of the access under way in the ledger. */
  readonly node: number;
}

/** Events as columns, oldest first; `args` has four cells an event. */
export interface EventColumns {
  readonly kind: Uint8Array;
  readonly args: Int32Array;
  /** Number of the access, from 1. */
  readonly access: Float64Array;
  /** Simulated clock. */
  readonly cycles: Float64Array;
  /** Older events that the ring has dropped. */
  readonly dropped: number;
}

/**
 * A ring of the last events, as columns. Emitters test `on` first, so a run without a recorder pays one load and a branch.
 */
export class Recorder {
  on = false;
  private readonly mask: number;
  private readonly kind: Uint8Array;
  private readonly args: Int32Array;
  private readonly access: Float64Array;
  private readonly cycles: Float64Array;
  private readonly node: Int32Array;
  private readonly stamp: Stamp | null;
  private total = 0;

  /** `capacity` is rounded up to a power of two. With a `stamp` each event also knows when it was. */
  constructor(capacity: number, stamp: Stamp | null = null) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.mask = size - 1;
    this.kind = new Uint8Array(size);
    this.args = new Int32Array(size * 4);
    this.stamp = stamp;
    const stamped = stamp === null ? 0 : size;
    this.access = new Float64Array(stamped);
    this.cycles = new Float64Array(stamped);
    this.node = new Int32Array(stamped);
  }

  emit(kind: number, a: number, b: number, c: number, d: number): void {
    const at = this.total++ & this.mask;
    this.kind[at] = kind;
    this.args[at * 4] = a;
    this.args[at * 4 + 1] = b;
    this.args[at * 4 + 2] = c;
    this.args[at * 4 + 3] = d;
    const { stamp } = this;
    if (stamp === null) return;
    this.access[at] = stamp.ordinal[0]!;
    this.cycles[at] = stamp.clock + stamp.costSoFar;
    this.node[at] = stamp.node;
  }

  clear(): void {
    this.total = 0;
  }

  /** The events still held, oldest first. */
  list(): RecordedEvent[] {
    const size = this.mask + 1;
    const first = Math.max(0, this.total - size);
    const events: RecordedEvent[] = [];
    for (let n = first; n < this.total; n++) {
      const at = n & this.mask;
      const kind = this.kind[at]!;
      events.push({ kind, name: EVENT_ROWS[kind]![0], args: [...this.args.subarray(at * 4, at * 4 + 4)] });
    }
    return events;
  }

  /** For each event of `list()`, where the ledger stood; 0 without a stamp. */
  nodes(): number[] {
    return [...this.unrolled(this.node, 1)];
  }

  /** The events still held, as columns of their own. */
  columns(): EventColumns {
    return {
      kind: this.unrolled(this.kind, 1),
      args: this.unrolled(this.args, 4),
      access: this.unrolled(this.access, 1),
      cycles: this.unrolled(this.cycles, 1),
      dropped: Math.max(0, this.total - this.mask - 1),
    };
  }

  /** A copy of a ring's column, oldest event first; zeros where there is no stamp. */
  private unrolled<T extends Uint8Array | Int32Array | Float64Array>(ring: T, width: number): T {
    const size = this.mask + 1;
    const count = Math.min(size, this.total);
    const cut = this.total > size ? this.total & this.mask : 0;
    const Column = ring.constructor as new (length: number) => T;
    const column = new Column(count * width);
    if (ring.length === 0) return column;
    column.set(ring.subarray(cut * width, count * width));
    column.set(ring.subarray(0, cut * width), (count - cut) * width);
    return column;
  }
}

export interface RecordedEvent {
  readonly kind: number;
  readonly name: string;
  readonly args: readonly number[];
}
