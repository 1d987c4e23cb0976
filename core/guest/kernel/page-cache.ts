import type { StateSet } from '../../base/state.ts';
import { widened } from './columns.ts';

/** Where names of shared memory without a file begin. */
export const SHARED_MEMORY = 'shmem:';

/**
 * Pages of files in memory, and for each of them who maps it (the reverse map). A file is a name; its pages hold zeros when they are first
 * read, and stay until the end: the page cache is what munmap and reclaim leave alone.
 */
export class PageCache {
  private readonly ids = new Map<string, number>();
  private readonly anonymous: boolean[] = [];
  /** By file: frame of each page, 0 for one that is not here. */
  private readonly pages: Int32Array[] = [];
  /** By cached page, in the order they came: file, page of the file, frame, first mapping + 1. */
  private cached = new Int32Array(64 * 4);
  /** Row + 1 of each cached page by frame, relative to the first frame of the kernel. */
  private rowOf = new Int32Array(64);
  /** Mappings as chained rows. */
  private pid = new Int32Array(64);
  private page = new Float64Array(64);
  private next = new Int32Array(64);
  /** [cached pages, mapping rows used, head of the free mapping rows + 1, where reclaim goes on]. */
  private readonly state = new Int32Array(4);
  private readonly firstFrame: number;

  constructor(firstFrame: number) {
    this.firstFrame = firstFrame;
  }

  register(set: StateSet): void {
    set.addState(() => [...this.pages, this.cached, this.rowOf, this.pid, this.page, this.next, this.state]);
  }

  /** Number of a file. One whose name begins with SHARED_MEMORY is shared memory: it ends with its last mapping. */
  file(name: string): number {
    let id = this.ids.get(name);
    if (id === undefined) {
      id = this.pages.push(new Int32Array(16)) - 1;
      this.anonymous.push(name.startsWith(SHARED_MEMORY));
      this.ids.set(name, id);
    }
    return id;
  }

  /** Shared memory without a file. */
  isAnonymous(file: number): boolean {
    return this.anonymous[file]!;
  }

  /** Pages in memory. */
  get count(): number {
    return this.state[0]!;
  }

  /** Frame of a file's page, 0 when it is not in memory. */
  frame(file: number, index: number): number {
    return this.pages[file]![index] ?? 0;
  }

  /** Every cached frame. */
  frames(): number[] {
    return Array.from({ length: this.count }, (_, row) => this.cached[row * 4 + 2]!);
  }

  add(file: number, index: number, frame: number): void {
    const pages = this.pages[file]!;
    if (index >= pages.length) this.pages[file] = widened(pages, Math.max(index + 1, pages.length * 2));
    this.pages[file]![index] = frame;
    const row = this.state[0]!++;
    if (row * 4 >= this.cached.length) this.cached = widened(this.cached, this.cached.length * 2);
    this.cached.set([file, index, frame, 0], row * 4);
    const at = frame - this.firstFrame;
    if (at >= this.rowOf.length) this.rowOf = widened(this.rowOf, Math.max(at + 1, this.rowOf.length * 2));
    this.rowOf[at] = row + 1;
  }

  /** A file's pages leave memory (truncation): `gone` is told each frame. None may be mapped. */
  drop(file: number, gone: (frame: number) => void): void {
    const pages = this.pages[file]!;
    for (let index = 0; index < pages.length; index++) {
      const frame = pages[index]!;
      if (frame === 0) continue;
      pages[index] = 0;
      this.removeRow(this.rowOf[frame - this.firstFrame]! - 1);
      this.rowOf[frame - this.firstFrame] = 0;
      gone(frame);
    }
  }

  /** page_add_file_rmap. */
  map(frame: number, pid: number, page: number): void {
    const row = this.takeRow();
    const at = this.headOf(frame);
    this.pid[row] = pid;
    this.page[row] = page;
    this.next[row] = this.cached[at]!;
    this.cached[at] = row + 1;
  }

  /** page_remove_rmap. */
  unmap(frame: number, pid: number, page: number): void {
    const at = this.headOf(frame);
    let before = -1;
    for (let row = this.cached[at]! - 1; row >= 0; row = this.next[row]! - 1) {
      if (this.pid[row] === pid && this.page[row] === page) {
        if (before < 0) this.cached[at] = this.next[row]!;
        else this.next[before] = this.next[row]!;
        this.pid[row] = 0;
        this.page[row] = 0;
        this.next[row] = this.state[2]!;
        this.state[2] = row + 1;
        return;
      }
      before = row;
    }
  }

  /** Frame of the cached page that reclaim looks at next. */
  turn(): number {
    const row = this.state[3]! % this.count;
    this.state[3] = (row + 1) % this.count;
    return this.cached[row * 4 + 2]!;
  }

  /** First mapping of a frame, -1 for none; `following` is the one after. */
  firstMapping(frame: number): number {
    return this.cached[this.headOf(frame)]! - 1;
  }

  following(mapping: number): number {
    return this.next[mapping]! - 1;
  }

  processOf(mapping: number): number {
    return this.pid[mapping]!;
  }

  pageOf(mapping: number): number {
    return this.page[mapping]!;
  }

  /** The last cached page takes the place of one that goes. */
  private removeRow(row: number): void {
    const last = --this.state[0]!;
    if (row !== last) {
      this.cached.copyWithin(row * 4, last * 4, last * 4 + 4);
      this.rowOf[this.cached[row * 4 + 2]! - this.firstFrame] = row + 1;
    }
    this.cached.fill(0, last * 4, last * 4 + 4);
    if (this.state[3]! >= last) this.state[3] = 0;
  }

  private headOf(frame: number): number {
    return (this.rowOf[frame - this.firstFrame]! - 1) * 4 + 3;
  }

  private takeRow(): number {
    const free = this.state[2]! - 1;
    if (free >= 0) {
      this.state[2] = this.next[free]!;
      return free;
    }
    const row = this.state[1]!++;
    if (row >= this.pid.length) {
      const size = this.pid.length * 2;
      this.pid = widened(this.pid, size);
      this.page = widened(this.page, size);
      this.next = widened(this.next, size);
    }
    return row;
  }
}
