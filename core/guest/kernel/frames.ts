import type { StateSet } from '../../base/state.ts';
import { widened } from './columns.ts';

/** What a frame is used for. */
export const FRAME = Object.freeze({
  FREE: 0,
  TABLE: 1,
  ANON: 2,
  /** A page of the page cache. */
  FILE: 3,
  /** The page of zeros that read faults map. */
  ZERO: 4,
});

const FIRST_COLUMNS = 256;

/**
 * The kernel's page frames. A frame that was never used is above the mark `fresh`; one that came back is on a list, last in first out,
 * doubly linked so that an aligned run of free frames can be taken out of its middle for a huge page. Columns reach as far as the mark.
 */
export class Frames {
  /** Frame number of the first, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** References: mappings in user page tables, and 1 for the page cache or the table's owner. */
  private refs = new Int32Array(FIRST_COLUMNS);
  private kinds = new Uint8Array(FIRST_COLUMNS);
  /** Neighbours on the free list, as index + 1; 0 for none. */
  private next = new Int32Array(FIRST_COLUMNS);
  private previous = new Int32Array(FIRST_COLUMNS);
  /** Free frames on the list by aligned run of `run` frames. */
  private freeInRun = new Int32Array(8);
  /** [fresh, head of the free list + 1, frames in use]. */
  private readonly state = new Int32Array(3);
  private readonly run: number;

  /** `run`: frames of a huge page. */
  constructor(first: number, count: number, run: number) {
    this.first = first;
    this.count = count;
    this.run = run;
  }

  register(set: StateSet): void {
    set.addState(() => [this.refs, this.kinds, this.next, this.previous, this.freeInRun, this.state]);
  }

  get used(): number {
    return this.state[2]!;
  }

  /** Takes a frame with one reference; -1 when there is none left. */
  alloc(kind: number): number {
    const { state } = this;
    let at = state[1]! - 1;
    if (at >= 0) this.unlink(at);
    else if (state[0]! < this.count) {
      at = state[0]!++;
      this.cover(at + 1);
    } else return -1;
    this.take(at, kind);
    return this.first + at;
  }

  /** Takes an aligned run of frames for a huge page, one reference each; -1 when there is none. */
  allocHuge(kind: number): number {
    const { first, run, state } = this;
    const start = Math.ceil((first + state[0]!) / run) * run - first;
    if (start + run <= this.count) {
      this.cover(start + run);
      for (let at = start - 1; at >= state[0]!; at--) this.link(at);
      state[0] = start + run;
      return this.takeRun(start, kind);
    }
    for (let at = Math.ceil(first / run) * run - first; at + run <= this.count; at += run) {
      if (this.freeInRun[this.runOf(at)] !== run) continue;
      for (let i = at; i < at + run; i++) this.unlink(i);
      return this.takeRun(at, kind);
    }
    return -1;
  }

  /** True for a frame of this kernel's that is in use. */
  owns(pfn: number): boolean {
    const at = pfn - this.first;
    return at >= 0 && at < this.state[0]! && this.kinds[at] !== FRAME.FREE;
  }

  kind(pfn: number): number {
    return this.owns(pfn) ? this.kinds[pfn - this.first]! : FRAME.FREE;
  }

  references(pfn: number): number {
    return this.owns(pfn) ? this.refs[pfn - this.first]! : 0;
  }

  get(pfn: number): void {
    if (this.owns(pfn)) this.refs[pfn - this.first]!++;
  }

  /** Drops a reference; true when it was the last and the frame is free. */
  put(pfn: number): boolean {
    if (!this.owns(pfn)) return false;
    const at = pfn - this.first;
    if (--this.refs[at]! > 0) return false;
    this.kinds[at] = FRAME.FREE;
    this.state[2]!--;
    this.link(at);
    return true;
  }

  private takeRun(start: number, kind: number): number {
    for (let at = start; at < start + this.run; at++) this.take(at, kind);
    return this.first + start;
  }

  private take(at: number, kind: number): void {
    this.kinds[at] = kind;
    this.refs[at] = 1;
    this.state[2]!++;
  }

  private runOf(at: number): number {
    return Math.floor((this.first + at) / this.run) - Math.floor(this.first / this.run);
  }

  private link(at: number): void {
    const head = this.state[1]!;
    this.next[at] = head;
    this.previous[at] = 0;
    if (head !== 0) this.previous[head - 1] = at + 1;
    this.state[1] = at + 1;
    this.freeInRun[this.runOf(at)]!++;
  }

  private unlink(at: number): void {
    const next = this.next[at]!;
    const previous = this.previous[at]!;
    if (previous === 0) this.state[1] = next;
    else this.next[previous - 1] = next;
    if (next !== 0) this.previous[next - 1] = previous;
    this.next[at] = 0;
    this.previous[at] = 0;
    this.freeInRun[this.runOf(at)]!--;
  }

  private cover(length: number): void {
    if (length > this.refs.length) {
      const size = Math.max(length, this.refs.length * 2);
      this.refs = widened(this.refs, size);
      this.kinds = widened(this.kinds, size);
      this.next = widened(this.next, size);
      this.previous = widened(this.previous, size);
    }
    const runs = this.runOf(length - 1) + 1;
    if (runs > this.freeInRun.length)
      this.freeInRun = widened(this.freeInRun, Math.max(runs, this.freeInRun.length * 2));
  }
}
