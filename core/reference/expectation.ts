import { Pieces } from './observation.ts';

/** Bytes of guest-physical memory that an access touched, and what must be true of them. */
export const RANGE = Object.freeze({
  /** The guest stored them: the reference's memory holds what must be there. */
  STORED: 0,
  /** The access may not change them: a read-only region, or an access that faults. */
  KEPT: 1,
  /** They depend on something the machine did not do: taken over, not compared. */
  UNKNOWN: 2,
});

/** Ranges as columns. */
class Ranges {
  length = 0;
  rule = new Uint8Array(16);
  hi = new Int32Array(16);
  lo = new Int32Array(16);
  size = new Uint8Array(16);

  push(rule: number, hi: number, lo: number, size: number): void {
    const i = this.length++;
    if (i === this.rule.length) this.grow();
    this.rule[i] = rule;
    this.hi[i] = hi;
    this.lo[i] = lo;
    this.size[i] = size;
  }

  private grow(): void {
    const { rule, hi, lo, size } = this;
    const length = rule.length * 2;
    (this.rule = new Uint8Array(length)).set(rule);
    (this.hi = new Int32Array(length)).set(hi);
    (this.lo = new Int32Array(length)).set(lo);
    (this.size = new Uint8Array(length)).set(size);
  }
}

/** What the guest, the eventfds and userspace are entitled to after one access. Filled by execute.ts and reused. */
export class Expectation {
  /** Vector of the fault that must be raised, -1 for none. */
  vector = -1;
  errorCode = 0;
  cr2Hi = 0;
  cr2Lo = 0;
  /** 1: nothing is promised (code or page tables outside memory); only signals are wrong. */
  undefined = 0;
  /** 1: the instruction writes a register; `result` holds the bytes. */
  hasResult = 0;
  /** 0 when the value depends on a userspace read that the machine did not make. */
  resultKnown = 1;
  readonly result = new Int32Array(4);
  readonly pieces = new Pieces();
  readonly ranges = new Ranges();
  /** 1 when memory does not take the access as a whole: a byte outside RAM, a write to a read-only region, a port. */
  device = 0;
  /** 1 when some byte lies in a read-only region. */
  readonly = 0;
  /** Guest-physical address of the operand's first byte (of a string: of the last element), or the port. */
  gpaHi = 0;
  gpaLo = 0;

  clear(): void {
    this.vector = -1;
    this.undefined = 0;
    this.hasResult = 0;
    this.resultKnown = 1;
    this.pieces.length = 0;
    this.ranges.length = 0;
    this.device = 0;
    this.readonly = 0;
  }
}
