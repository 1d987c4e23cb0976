import { entryHi, entryLo, frameOf, isNone, PTE } from './entries.ts';
import { FRAME } from './frames.ts';
import { splitHuge } from './huge.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { VM, VM_PROT } from './vmas.ts';
import { type RangeVisitor, walkRange } from './walk-range.ts';

/** pte_modify keeps these (_PAGE_CHG_MASK). */
const KEPT = PTE.PCD | PTE.A | PTE.D | PTE.SPECIAL;

/** change_pte_range of one VMA, whose flags are the new ones already. */
class Change implements RangeVisitor {
  private readonly mm: Mm;
  private readonly pid: number;
  private readonly vma: number;

  constructor(mm: Mm, pid: number, vma: number) {
    this.mm = mm;
    this.pid = pid;
    this.vma = vma;
  }

  table(table: number, start: number, end: number): void {
    const { mm, vma } = this;
    const { tables, port } = mm;
    const first = tables.indexOf(start, 1);
    port.work(WORK.PTE_RANGE, end - start);
    for (let page = start; page < end; page++) {
      const index = first + page - start;
      tables.read(table, index);
      if (isNone(tables.hi, tables.lo)) continue;
      tables.take(table, index);
      const frame = mm.frameInEntry();
      const kept = tables.lo & KEPT;
      const flags = (mm.flagsLo(vma) & ~PTE.A) | kept;
      mm.setPte(table, index, frame, mm.flagsHi(vma), this.keepsWrite(frame, kept) ? flags | PTE.RW : flags);
    }
  }

  huge(table: number, index: number, start: number, end: number): boolean {
    const { mm, vma } = this;
    const { tables, hugePages, vmas } = mm;
    if (end - start < hugePages || (vmas.flags[vma]! & VM_PROT) === 0) {
      splitHuge(mm, this.pid, table, index, start);
      return mm.port.stopped;
    }
    tables.take(table, index);
    const frame = frameOf(tables.hi, tables.lo);
    const flags = (mm.flagsLo(vma) & ~PTE.A) | (tables.lo & (KEPT | PTE.PS));
    tables.setUpper(table, index, entryHi(frame, mm.flagsHi(vma)), entryLo(frame, flags));
    return true;
  }

  /** can_change_pte_writable, for private memory. */
  private keepsWrite(frame: number, kept: number): boolean {
    const { release, vmas, frames } = this.mm;
    const flags = vmas.flags[this.vma]!;
    if (!release.protectKeepsWrite || (flags & (VM.WRITE | VM.SHARED)) !== VM.WRITE) return false;
    const dirty = (kept & (PTE.D | PTE.SPECIAL)) === PTE.D;
    return dirty && frames.kind(frame) === FRAME.ANON && frames.references(frame) === 1;
  }
}

/** mprotect of [start, end); false where a part of it is not mapped. */
export function protect(mm: Mm, pid: number, start: number, end: number, rights: number): boolean {
  const { vmas, processes, port, tlb } = mm;
  const head = processes.vmas[pid]!;
  for (let page = start; page < end;) {
    const row = vmas.find(head, page);
    if (row === 0) return false;
    page = vmas.end[row]!;
  }
  vmas.split(head, start);
  vmas.split(head, end);
  for (let row = vmas.firstAbove(head, start); row !== 0 && vmas.start[row]! < end; row = vmas.next[row]!) {
    port.work(WORK.VMA_CHANGE, 1);
    vmas.flags[row] = (vmas.flags[row]! & ~VM_PROT) | rights;
    walkRange(mm, processes.pgd[pid]!, vmas.start[row]!, vmas.end[row]!, new Change(mm, pid, row));
  }
  tlb.flushRange(pid, start, end, 1);
  return true;
}
