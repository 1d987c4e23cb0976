import { frameOf, isNone, PTE } from './entries.ts';
import { splitHuge } from './huge.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { VM } from './vmas.ts';
import { type RangeVisitor, walkRange } from './walk-range.ts';

/** What zapping has collected (struct mmu_gather): pages that may be given back once the TLB is flushed, and what must be flushed. */
class Gather implements RangeVisitor {
  from = Infinity;
  to = 0;
  private readonly mm: Mm;
  private readonly pid: number;
  /** The whole address space goes: nobody else looks at it, so nothing is locked. */
  private readonly whole: boolean;
  private readonly pages: number[] = [];

  constructor(mm: Mm, pid: number, whole: boolean) {
    this.mm = mm;
    this.pid = pid;
    this.whole = whole;
  }

  /** zap_pte_range. */
  table(table: number, start: number, end: number): void {
    const { tables, port, processes } = this.mm;
    const first = tables.indexOf(start, 1);
    port.work(WORK.PTE_RANGE, end - start);
    for (let page = start; page < end; page++) {
      const index = first + page - start;
      tables.read(table, index);
      if (isNone(tables.hi, tables.lo)) continue;
      if (this.whole) tables.clear(table, index);
      else tables.take(table, index);
      this.cover(page, page + 1);
      if ((tables.lo & PTE.SPECIAL) !== 0) continue;
      const frame = this.mm.frameInEntry();
      this.mm.removeMapping(frame, this.pid, page);
      processes.pages[this.pid]!--;
      this.pages.push(frame);
    }
  }

  huge(table: number, index: number, start: number, end: number): boolean {
    const { mm } = this;
    const { tables, hugePages, processes } = mm;
    if (end - start < hugePages) {
      splitHuge(mm, this.pid, table, index, start);
      return mm.port.stopped;
    }
    const frame = frameOf(tables.hi, tables.lo);
    if (this.whole) tables.clear(table, index);
    else tables.take(table, index);
    this.cover(start, end);
    for (let i = 0; i < hugePages; i++) this.pages.push(frame + i);
    processes.pages[this.pid]! -= hugePages;
    return true;
  }

  /**
   * free_pgd_range: below `table`, tables of [start, end) that hold nothing outside [floor, ceiling) are taken out and freed. PAE's page
   * directories stay until the end, as the kernel allocates them with the top table.
   */
  freeTables(table: number, level: number, start: number, end: number, floor: number, ceiling: number): void {
    const { tables, port, geometry } = this.mm;
    const span = tables.span[level]!;
    for (let page = start; page < end && !port.stopped;) {
      const next = Math.min(end, (Math.floor(page / span) + 1) * span);
      const index = tables.indexOf(page, level);
      tables.read(table, index);
      if ((tables.lo & (PTE.P | PTE.PS)) === PTE.P) {
        const child = frameOf(tables.hi, tables.lo);
        const from = Math.floor(page / span) * span;
        if (level > 2) this.freeTables(child, level - 1, page, next, floor, ceiling);
        if (from >= floor && from + span <= ceiling && !(geometry.mode === 'pae' && level === 3)) {
          tables.clear(table, index);
          this.cover(page, page + 1);
          this.pages.push(child);
        }
      }
      page = next;
    }
  }

  /**
   * tlb_finish_mmu. Of an address space that ends nothing is flushed: whoever it was loaded by has no memory of its own any more, and
   * loads the idle task's tables instead (leave_mm).
   */
  finish(): void {
    const { tlb, release, tables } = this.mm;
    if (this.to > 0 && !this.whole) {
      if (release.unmapFlushesAll) tlb.flushAll(this.pid);
      else tlb.flushRange(this.pid, this.from, this.to, 1);
    }
    for (const frame of this.pages) tables.put(frame);
  }

  private cover(from: number, to: number): void {
    this.from = Math.min(this.from, from);
    this.to = Math.max(this.to, to);
  }
}

/** do_munmap of [start, end). */
export function unmap(mm: Mm, pid: number, start: number, end: number): void {
  const { vmas, processes, geometry, port } = mm;
  const head = processes.vmas[pid]!;
  vmas.split(head, start);
  vmas.split(head, end);
  let floor = 0;
  let row = head;
  for (; row !== 0 && vmas.end[row]! <= start; row = vmas.next[row]!) floor = vmas.end[row]!;
  if (row === 0 || vmas.start[row]! >= end) return;
  const from = vmas.start[row]!;
  let to = from;
  const gather = new Gather(mm, pid, false);
  const pgd = processes.pgd[pid]!;
  for (; row !== 0 && vmas.start[row]! < end; row = vmas.next[row]!) {
    port.work(WORK.VMA_CHANGE, 1);
    walkRange(mm, pgd, vmas.start[row]!, vmas.end[row]!, gather);
    to = vmas.end[row]!;
  }
  const ceiling = row === 0 ? geometry.userPages : vmas.start[row]!;
  gather.freeTables(pgd, geometry.levels, from, to, floor, ceiling);
  gather.finish();
  removeVmas(mm, pid, start, end);
}

/** exit_mmap: everything below `pgd` goes, and the process's VMAs. `leave`: CR3 points there, and must not any more. */
export function unmapAll(mm: Mm, pid: number, pgd: number, leave: boolean): void {
  const { vmas, geometry, port, processes } = mm;
  const head = processes.vmas[pid]!;
  const gather = new Gather(mm, pid, true);
  let last = 0;
  for (let row = head; row !== 0; row = vmas.next[row]!) {
    port.work(WORK.VMA_CHANGE, 1);
    walkRange(mm, pgd, vmas.start[row]!, vmas.end[row]!, gather);
    last = vmas.end[row]!;
  }
  const first = head === 0 ? 0 : vmas.start[head]!;
  gather.freeTables(pgd, geometry.levels, first, last, 0, geometry.userPages);
  if (leave) mm.tlb.leave();
  gather.finish();
  removeVmas(mm, pid, 0, geometry.userPages);
}

/** Takes the VMAs of [start, end) out of a process; shared memory that nobody maps any more ends. */
function removeVmas(mm: Mm, pid: number, start: number, end: number): void {
  const { vmas, processes, cache } = mm;
  const files: number[] = [];
  for (let row = processes.vmas[pid]!; row !== 0; row = vmas.next[row]!) {
    const inside = vmas.start[row]! >= start && vmas.end[row]! <= end;
    const file = vmas.file[row]! - 1;
    if (inside && file >= 0 && cache.isAnonymous(file)) files.push(file);
  }
  processes.vmas[pid] = vmas.remove(processes.vmas[pid]!, start, end);
  for (const file of files) if (!vmas.maps(file)) cache.drop(file, (frame) => mm.tables.put(frame));
}

/** True for a VMA whose entries fork copies: what a fault could not bring back. */
export const mustCopy = (flags: number): boolean => (flags & (VM.ANON | VM.DEVICE)) !== 0;
