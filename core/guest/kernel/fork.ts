import { entryHi, entryLo, frameOf, isNone, isPresent, PTE } from './entries.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { STAT } from './stats.ts';
import { mustCopy } from './unmap.ts';
import { VM } from './vmas.ts';
import { type RangeVisitor, walkRange } from './walk-range.ts';

/** copy_page_range of one VMA: private writable entries become read-only in parent and child, so that the next write copies. */
class Copy implements RangeVisitor {
  private readonly mm: Mm;
  private readonly child: number;
  private readonly shared: boolean;

  constructor(mm: Mm, child: number, shared: boolean) {
    this.mm = mm;
    this.child = child;
    this.shared = shared;
  }

  /** copy_pte_range. */
  table(table: number, start: number, end: number): void {
    const { mm, child, shared } = this;
    const { tables, port, processes } = mm;
    const leaf = this.leafTable(start);
    if (leaf < 0) return;
    const first = tables.indexOf(start, 1);
    port.work(WORK.PTE_RANGE, end - start);
    for (let page = start; page < end; page++) {
      const index = first + page - start;
      tables.read(table, index);
      const { hi, lo } = tables;
      if (isNone(hi, lo) || !isPresent(lo)) continue;
      const special = (lo & PTE.SPECIAL) !== 0;
      const frame = mm.frameInEntry();
      if (!shared && (lo & PTE.RW) !== 0) tables.writeProtect(table, index);
      const kept = shared ? lo & ~PTE.D : lo & ~PTE.RW;
      tables.setPte(leaf, index, hi, kept & ~PTE.A);
      if (special) continue;
      mm.addMapping(frame, child, page);
      processes.pages[child]!++;
    }
  }

  /** copy_huge_pmd. */
  huge(table: number, index: number, start: number): boolean {
    const { mm, child } = this;
    const { tables, frames, hugePages, processes } = mm;
    const { hi, lo } = tables;
    const frame = frameOf(hi, lo);
    const middle = tables.build(processes.pgd[child]!, start, 2);
    if (middle < 0) return true;
    tables.hi = hi;
    tables.lo = lo;
    if ((lo & PTE.RW) !== 0) tables.writeProtect(table, index);
    const flags = lo & 0xfff & ~(PTE.RW | PTE.A);
    tables.setUpper(middle, tables.indexOf(start, 2), entryHi(frame, hi & ~0xfffff), entryLo(frame, flags));
    for (let i = 0; i < hugePages; i++) frames.get(frame + i);
    processes.pages[child]! += hugePages;
    return true;
  }

  private leafTable(page: number): number {
    const { tables, processes } = this.mm;
    const middle = tables.build(processes.pgd[this.child]!, page, 2);
    if (middle < 0) return -1;
    const index = tables.indexOf(page, 2);
    tables.read(middle, index);
    if (!isNone(tables.hi, tables.lo)) return frameOf(tables.hi, tables.lo);
    const leaf = tables.allocTable();
    if (leaf >= 0) tables.link(middle, index, leaf, 2);
    return leaf;
  }
}

/** dup_mmap: the child, which has an empty address space, gets the parent's. */
export function duplicate(mm: Mm, parent: number, child: number): void {
  const { vmas, processes, port, tlb, stats } = mm;
  processes.vmas[child] = vmas.copy(processes.vmas[parent]!);
  for (let row = processes.vmas[parent]!; row !== 0; row = vmas.next[row]!) {
    port.work(WORK.VMA_CHANGE, 1);
    const flags = vmas.flags[row]!;
    if (!mustCopy(flags)) continue;
    const copy = new Copy(mm, child, (flags & VM.SHARED) !== 0);
    walkRange(mm, processes.pgd[parent]!, vmas.start[row]!, vmas.end[row]!, copy);
  }
  tlb.flushAll(parent);
  stats.add(STAT.processes);
}
