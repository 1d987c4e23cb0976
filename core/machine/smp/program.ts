import { PARALLEL } from '../../guest/parallel.ts';
import { RECORD } from '../../guest/records.ts';
import { argsOf, codeOf, lineOf, sizeOf } from '../decode.ts';

/** Where a program stands: in its own body, in a loop, or in an interrupt handler. */
interface Frame {
  at: number;
  readonly from: number;
  readonly to: number;
  left: number;
  readonly isHandler: boolean;
}

interface Body {
  readonly from: number;
  readonly to: number;
}

/** What `next` returns beside positions of records. */
export const PROGRAM_ENDED = -1;
export const HANDLER_ENDED = -2;

/** One vCPU's way through its recorded program. It can be left after every record, so loops are frames and not calls. */
export class Program {
  private readonly records: Float64Array;
  private readonly frames: Frame[];
  private readonly handlers = new Map<number, Body>();
  private last = 0;

  constructor(records: Float64Array, from: number, to: number) {
    this.records = records;
    this.frames = [{ at: from, from, to, left: 1, isHandler: false }];
  }

  /** True while an interrupt handler runs: interrupts are off. */
  get inHandler(): boolean {
    return this.frames.some(({ isHandler }) => isHandler);
  }

  /** Position of the next record to carry out; HANDLER_ENDED once at the end of a handler; PROGRAM_ENDED. */
  next(): number {
    for (;;) {
      const frame = this.frames.at(-1);
      if (frame === undefined) return PROGRAM_ENDED;
      if (frame.at >= frame.to) {
        frame.left--;
        frame.at = frame.from;
        if (frame.left > 0) continue;
        this.frames.pop();
        if (frame.isHandler) return HANDLER_ENDED;
        continue;
      }
      if (this.enters(frame)) continue;
      this.last = frame.at;
      frame.at += 1 + argsOf(this.records[frame.at]! | 0);
      return this.last;
    }
  }

  /** The record that `next` returned last is carried out once more. */
  again(): void {
    const frame = this.frames.at(-1)!;
    frame.at = this.last;
  }

  handles(vector: number): boolean {
    return this.handlers.has(vector);
  }

  /** The handler of a vector runs next. */
  interrupt(vector: number): void {
    const { from, to } = this.handlers.get(vector)!;
    this.frames.push({ at: from, from, to, left: 1, isHandler: true });
  }

  /** Loops are entered, handlers are remembered: neither takes time. */
  private enters(frame: Frame): boolean {
    const { records } = this;
    const header = records[frame.at]! | 0;
    const code = codeOf(header);
    const isHandler = code === RECORD.PARALLEL && sizeOf(header) === PARALLEL.ON_INTERRUPT;
    if (code !== RECORD.LOOP && !isHandler) return false;
    const first = records[frame.at + 1]!;
    const from = frame.at + 3;
    const to = from + records[frame.at + 2]!;
    frame.at = to;
    if (isHandler) this.handlers.set(first, { from, to });
    else if (first > 0 && to > from) this.frames.push({ at: from, from, to, left: first, isHandler: false });
    return true;
  }
}

/** The first record in [from, to), bodies included, that means nothing without a local APIC: its name in scripts and its line. Null for none. */
export function needsApic(records: Float64Array, from: number, to: number): { name: string; line: number } | null {
  for (let at = from; at < to; at += 1 + argsOf(records[at]! | 0)) {
    const header = records[at]! | 0;
    if (codeOf(header) !== RECORD.PARALLEL) continue;
    const line = lineOf(header);
    if (sizeOf(header) === PARALLEL.HALT_UNTIL) return { name: 'haltUntil', line };
    if (sizeOf(header) === PARALLEL.ON_INTERRUPT) return { name: 'onInterrupt', line };
  }
  return null;
}
