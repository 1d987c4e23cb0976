import { entryHi, entryLo, frameOf, isNone, PTE } from './entries.ts';
import { FRAME } from './frames.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { STAT } from './stats.ts';
import { VM } from './vmas.ts';

/** True where a huge page may hold the page: private anonymous memory, and the whole aligned range is the VMA's. */
export function fitsHuge(mm: Mm, vma: number, page: number): boolean {
  const { vmas, hugePages, release } = mm;
  if (!release.hugePages || vmas.file[vma] !== 0 || (vmas.flags[vma]! & (VM.SHARED | VM.DEVICE)) !== 0) return false;
  const start = page - (page % hugePages);
  return start >= vmas.start[vma]! && start + hugePages <= vmas.end[vma]!;
}

/** Entry flags of a writable huge page of a VMA. */
const hugeLo = (mm: Mm, vma: number): number =>
  mm.flagsLo(vma) | PTE.PS | PTE.D | ((mm.vmas.flags[vma]! & VM.WRITE) !== 0 ? PTE.RW : 0);

/** do_huge_pmd_anonymous_page; false where no aligned run of frames is free, so that a small page must do. */
export function hugeFault(mm: Mm, pid: number, vma: number, table: number, index: number): boolean {
  const { frames, tables, port, stats, hugePages } = mm;
  const frame = frames.allocHuge(FRAME.ANON);
  if (frame < 0) return false;
  port.work(WORK.ALLOC_PAGE, 1);
  stats.add(STAT.pgalloc, hugePages);
  stats.add(STAT.thp_fault_alloc);
  for (let i = 0; i < hugePages; i++) tables.zero(frame + i);
  tables.setUpper(table, index, entryHi(frame, mm.flagsHi(vma)), entryLo(frame, hugeLo(mm, vma)));
  mm.vmas.flags[vma]! |= VM.ANON;
  mm.processes.pages[pid]! += hugePages;
  return true;
}

/** __split_huge_pmd: the huge page's entry, just read, becomes a table of as many small ones. */
export function splitHuge(mm: Mm, pid: number, table: number, index: number, page: number): void {
  const { tables, tlb, stats, hugePages } = mm;
  const { hi, lo } = tables;
  const start = page - (page % hugePages);
  const frame = frameOf(hi, lo);
  const leaf = tables.allocTable();
  if (leaf < 0) return;
  const flagsHi = hi & ~0xfffff;
  for (let i = 0; i < hugePages; i++) mm.setPte(leaf, i, frame + i, flagsHi, lo & 0xfff & ~PTE.PS);
  tables.take(table, index);
  tlb.flushRange(pid, start, start + hugePages, hugePages);
  tables.link(table, index, leaf, 2);
  stats.add(STAT.thp_split_pmd);
}

/**
 * collapse_huge_page: khugepaged makes one huge page of what an aligned range holds. False where it gives up: something else than private
 * pages of this process alone, nothing there, or no free run of frames.
 */
export function collapse(mm: Mm, pid: number, page: number): boolean {
  const { tables, vmas, processes, frames, hugePages, tlb, stats, port } = mm;
  const vma = vmas.find(processes.vmas[pid]!, page);
  port.work(WORK.COLLAPSE, 1);
  if (vma === 0 || !fitsHuge(mm, vma, page)) return false;
  const start = page - (page % hugePages);
  const table = tables.find(processes.pgd[pid]!, start, 2);
  if (table < 0) return false;
  const index = tables.indexOf(start, 2);
  tables.read(table, index);
  if ((tables.lo & (PTE.P | PTE.PS)) !== PTE.P) return false;
  const leaf = frameOf(tables.hi, tables.lo);
  if (!mayCollapse(mm, leaf)) return false;
  const frame = frames.allocHuge(FRAME.ANON);
  if (frame < 0) return false;
  port.work(WORK.ALLOC_PAGE, 1);
  stats.add(STAT.pgalloc, hugePages);
  tables.take(table, index);
  tlb.flushRange(pid, start, start + hugePages, 1);
  for (let i = 0; i < hugePages && !port.stopped; i++) moveInto(mm, pid, leaf, i, frame + i);
  tables.setUpper(table, index, entryHi(frame, mm.flagsHi(vma)), entryLo(frame, hugeLo(mm, vma)));
  processes.pages[pid]! += hugePages;
  tables.put(leaf);
  stats.add(STAT.thp_collapse_alloc);
  return true;
}

/** hpage_collapse_scan_pmd: every entry is none, the page of zeros, or a page that nobody else has. */
function mayCollapse(mm: Mm, leaf: number): boolean {
  const { tables, frames, hugePages, port } = mm;
  let present = 0;
  port.work(WORK.PTE_RANGE, hugePages);
  for (let i = 0; i < hugePages; i++) {
    tables.read(leaf, i);
    if (isNone(tables.hi, tables.lo)) continue;
    if ((tables.lo & PTE.P) === 0) return false;
    if ((tables.lo & PTE.SPECIAL) !== 0) continue;
    const frame = frameOf(tables.hi, tables.lo);
    if (frames.kind(frame) !== FRAME.ANON || frames.references(frame) !== 1) return false;
    present++;
  }
  return present > 0;
}

/** __collapse_huge_page_copy of one small page. */
function moveInto(mm: Mm, pid: number, leaf: number, i: number, to: number): void {
  const { tables, processes } = mm;
  tables.read(leaf, i);
  const none = isNone(tables.hi, tables.lo);
  const special = (tables.lo & PTE.SPECIAL) !== 0;
  const frame = frameOf(tables.hi, tables.lo);
  if (none || special) tables.zero(to);
  else tables.copy(to, frame);
  if (none) return;
  tables.clear(leaf, i);
  if (special) return;
  processes.pages[pid]!--;
  tables.put(frame);
}
