import type { StateSet } from '../../base/state.ts';
import { widened } from './columns.ts';

/** Processes by handle: the script numbers them. Columns. */
export class Processes {
  alive = new Uint8Array(8);
  /** Frame of the top table. */
  pgd = new Int32Array(8);
  /** First VMA row. */
  vmas = new Int32Array(8);
  /** mm->context.tlb_gen: grows with each flush that the address space needs. */
  tlbGen = new Int32Array(8);
  /** Pages in its tables (RSS). */
  pages = new Int32Array(8);

  register(set: StateSet): void {
    set.addState(() => [this.alive, this.pgd, this.vmas, this.tlbGen, this.pages]);
  }

  isAlive(pid: number): boolean {
    return this.alive[pid] === 1;
  }

  /** A new process without VMAs. */
  start(pid: number, pgd: number): void {
    if (pid >= this.alive.length) {
      const size = Math.max(pid + 1, this.alive.length * 2);
      this.alive = widened(this.alive, size);
      this.pgd = widened(this.pgd, size);
      this.vmas = widened(this.vmas, size);
      this.tlbGen = widened(this.tlbGen, size);
      this.pages = widened(this.pages, size);
    }
    this.alive[pid] = 1;
    this.pgd[pid] = pgd;
    this.vmas[pid] = 0;
    this.tlbGen[pid] = 0;
    this.pages[pid] = 0;
  }

  end(pid: number): void {
    this.alive[pid] = 0;
    this.pgd[pid] = 0;
    this.tlbGen[pid] = 0;
    this.pages[pid] = 0;
  }
}
