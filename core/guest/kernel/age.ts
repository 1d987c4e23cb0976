import { frameOf, PTE } from './entries.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { type RangeVisitor, walkRange } from './walk-range.ts';

/** Clears accessed bits, and counts those that were set. */
class Aging implements RangeVisitor {
  young = 0;
  private readonly mm: Mm;
  private readonly pid: number;

  constructor(mm: Mm, pid: number) {
    this.mm = mm;
    this.pid = pid;
  }

  table(table: number, start: number, end: number): void {
    const { tables, port } = this.mm;
    const first = tables.indexOf(start, 1);
    port.work(WORK.PTE_RANGE, end - start);
    for (let page = start; page < end; page++) this.entry(table, first + page - start, page, 1);
  }

  huge(table: number, index: number, start: number): boolean {
    this.entry(table, index, start - (start % this.mm.hugePages), this.mm.hugePages);
    return true;
  }

  /** ptep_clear_flush_young. */
  entry(table: number, index: number, page: number, pages: number): void {
    const { mm } = this;
    mm.tables.read(table, index);
    if ((mm.tables.lo & (PTE.P | PTE.A)) !== (PTE.P | PTE.A)) return;
    mm.tables.clearYoung(table, index);
    if (mm.release.youngFlush) mm.tlb.flushRange(this.pid, page, page + pages, pages);
    this.young += pages;
  }
}

/** Looks at every page of a process as reclaim would; returns how many had been accessed since the last time. */
export function age(mm: Mm, pid: number): number {
  const { vmas, processes } = mm;
  const aging = new Aging(mm, pid);
  for (let row = processes.vmas[pid]!; row !== 0; row = vmas.next[row]!) {
    walkRange(mm, processes.pgd[pid]!, vmas.start[row]!, vmas.end[row]!, aging);
  }
  return aging.young;
}

/**
 * shrink_folio_list over `pages` pages of the page cache in turn: one that was accessed through any mapping gets another round, any other
 * is unmapped from everybody (try_to_unmap). It stays in the cache. Returns how many were unmapped.
 */
export function reclaim(mm: Mm, pages: number): number {
  const { cache, port } = mm;
  let unmapped = 0;
  const turns = Math.min(pages, cache.count);
  for (let i = 0; i < turns && !port.stopped; i++) {
    const frame = cache.turn();
    if (cache.firstMapping(frame) < 0 || isReferenced(mm, frame)) continue;
    while (cache.firstMapping(frame) >= 0) unmapFirst(mm, frame);
    unmapped++;
  }
  return unmapped;
}

/** folio_referenced. */
function isReferenced(mm: Mm, frame: number): boolean {
  const { cache, tables } = mm;
  let young = 0;
  for (let mapping = cache.firstMapping(frame); mapping >= 0; mapping = cache.following(mapping)) {
    const pid = cache.processOf(mapping);
    const page = cache.pageOf(mapping);
    const aging = new Aging(mm, pid);
    aging.entry(leafOf(mm, pid, page), tables.indexOf(page, 1), page, 1);
    young += aging.young;
  }
  return young > 0;
}

/** try_to_unmap_one: ptep_clear_flush, and the mapping is gone. */
function unmapFirst(mm: Mm, frame: number): void {
  const { cache, tables, tlb, processes } = mm;
  const mapping = cache.firstMapping(frame);
  const pid = cache.processOf(mapping);
  const page = cache.pageOf(mapping);
  tables.take(leafOf(mm, pid, page), tables.indexOf(page, 1));
  tlb.flushPage(pid, page);
  mm.removeMapping(frame, pid, page);
  processes.pages[pid]!--;
  tables.put(frame);
}

/** page_vma_mapped_walk: the leaf table of a page that is mapped. */
function leafOf(mm: Mm, pid: number, page: number): number {
  const { tables, processes, port } = mm;
  port.work(WORK.RMAP_WALK, 1);
  const middle = tables.find(processes.pgd[pid]!, page, 2);
  tables.read(middle, tables.indexOf(page, 2));
  return frameOf(tables.hi, tables.lo);
}
