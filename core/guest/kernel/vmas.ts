import type { StateSet } from '../../base/state.ts';
import { widened } from './columns.ts';

/** What a VMA allows and is. */
export const VM = Object.freeze({
  READ: 1,
  WRITE: 2,
  EXEC: 4,
  SHARED: 8,
  /** madvise(MADV_HUGEPAGE). */
  HUGE: 16,
  /** VM_PFNMAP: the pages of a device; `filePage` is the first frame. */
  DEVICE: 32,
  /** vma->anon_vma: the VMA has, or had, pages of its own, so fork must copy its entries. */
  ANON: 64,
});
/** The bits that mprotect changes. */
export const VM_PROT = VM.READ | VM.WRITE | VM.EXEC;

const NONE = 0;

/** Areas of address spaces as rows of columns: page numbers [start, end), sorted by address in a chain for each process. Row 0 is none. */
export class Vmas {
  start = new Float64Array(16);
  end = new Float64Array(16);
  flags = new Int32Array(16);
  /** File id + 1; 0 for anonymous memory. */
  file = new Int32Array(16);
  /** Page of the file, or frame of the device, at `start`. */
  filePage = new Float64Array(16);
  next = new Int32Array(16);
  /** [rows used, head of the free rows]. */
  private readonly state = Int32Array.of(1, NONE);

  register(set: StateSet): void {
    set.addState(() => [this.start, this.end, this.flags, this.file, this.filePage, this.next, this.state]);
  }

  /** The row of a chain that holds a page, 0 for none. */
  find(head: number, page: number): number {
    for (let row = head; row !== NONE && this.start[row]! <= page; row = this.next[row]!) {
      if (page < this.end[row]!) return row;
    }
    return NONE;
  }

  /** First row of a chain that ends above a page, 0 for none. */
  firstAbove(head: number, page: number): number {
    let row = head;
    while (row !== NONE && this.end[row]! <= page) row = this.next[row]!;
    return row;
  }

  /** True while any VMA maps a file. */
  maps(file: number): boolean {
    return this.file.includes(file + 1);
  }

  /** Puts a new row into a chain; returns the chain's head. Its pages must be free. */
  insert(head: number, start: number, end: number, flags: number, file: number, filePage: number): number {
    const row = this.take();
    this.start[row] = start;
    this.end[row] = end;
    this.flags[row] = flags;
    this.file[row] = file;
    this.filePage[row] = filePage;
    if (head === NONE || start < this.start[head]!) {
      this.next[row] = head;
      return row;
    }
    let before = head;
    while (this.next[before] !== NONE && this.start[this.next[before]!]! < start) before = this.next[before]!;
    this.next[row] = this.next[before]!;
    this.next[before] = row;
    return head;
  }

  /** Cuts the row that reaches over a page in two, so that one begins there. */
  split(head: number, page: number): void {
    const row = this.find(head, page);
    if (row === NONE || this.start[row] === page) return;
    const offset = page - this.start[row]!;
    const more = this.file[row] !== 0 || (this.flags[row]! & VM.DEVICE) !== 0 ? offset : 0;
    this.insert(head, page, this.end[row]!, this.flags[row]!, this.file[row]!, this.filePage[row]! + more);
    this.end[row] = page;
  }

  /** Takes the rows that lie wholly in [start, end) out of a chain; returns its head. */
  remove(head: number, start: number, end: number): number {
    let first = head;
    let before = NONE;
    let row = head;
    while (row !== NONE) {
      const next = this.next[row]!;
      if (this.start[row]! >= start && this.end[row]! <= end) {
        if (before === NONE) first = next;
        else this.next[before] = next;
        this.release(row);
      } else before = row;
      row = next;
    }
    return first;
  }

  /** A copy of a whole chain; returns its head. */
  copy(head: number): number {
    let first = NONE;
    for (let row = head; row !== NONE; row = this.next[row]!) {
      first = this.insert(
        first,
        this.start[row]!,
        this.end[row]!,
        this.flags[row]!,
        this.file[row]!,
        this.filePage[row]!,
      );
    }
    return first;
  }

  private take(): number {
    const free = this.state[1]!;
    if (free !== NONE) {
      this.state[1] = this.next[free]!;
      return free;
    }
    const row = this.state[0]!++;
    if (row >= this.start.length) {
      const size = this.start.length * 2;
      this.start = widened(this.start, size);
      this.end = widened(this.end, size);
      this.flags = widened(this.flags, size);
      this.file = widened(this.file, size);
      this.filePage = widened(this.filePage, size);
      this.next = widened(this.next, size);
    }
    return row;
  }

  private release(row: number): void {
    this.start[row] = 0;
    this.end[row] = 0;
    this.flags[row] = 0;
    this.file[row] = 0;
    this.filePage[row] = 0;
    this.next[row] = this.state[1]!;
    this.state[1] = row;
  }
}
