import { EVENT_ROWS } from './kinds.ts';

/**
 * A ring of the last events, as columns. Emitters test `on` first, so a run without a recorder pays one load and a branch.
 * `step` marks: priced steps are recorded too when `steps` is on, so that one access can be explained step by step.
 */
export class Recorder {
  on = false;
  private readonly mask: number;
  private readonly kind: Uint8Array;
  private readonly args: Int32Array;
  private total = 0;

  /** `capacity` is rounded up to a power of two. */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.mask = size - 1;
    this.kind = new Uint8Array(size);
    this.args = new Int32Array(size * 4);
  }

  emit(kind: number, a: number, b: number, c: number, d: number): void {
    const at = this.total++ & this.mask;
    this.kind[at] = kind;
    this.args[at * 4] = a;
    this.args[at * 4 + 1] = b;
    this.args[at * 4 + 2] = c;
    this.args[at * 4 + 3] = d;
  }

  clear(): void {
    this.total = 0;
  }

  /** Events emitted since the last clear, including those the ring has dropped. */
  get emitted(): number {
    return this.total;
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
}

export interface RecordedEvent {
  readonly kind: number;
  readonly name: string;
  readonly args: readonly number[];
}
