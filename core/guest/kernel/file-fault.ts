import { isNone, PTE } from './entries.ts';
import { FRAME } from './frames.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { STAT } from './stats.ts';
import { VM } from './vmas.ts';

/** do_fault: the entry of a page of a file, or of shared memory, is none. */
export function fileFault(
  mm: Mm,
  pid: number,
  vma: number,
  page: number,
  leaf: number,
  at: number,
  write: boolean,
): void {
  const { tables, vmas, processes, stats, release } = mm;
  const shared = (vmas.flags[vma]! & VM.SHARED) !== 0;
  if (!write && release.faultAround > 1 && mapAround(mm, pid, vma, page, leaf, at)) return;
  const frame = cachedPage(mm, vma, page);
  if (frame < 0) return;
  if (write && !shared) {
    const own = tables.allocPage(FRAME.ANON);
    if (own < 0) return;
    tables.copy(own, frame);
    mm.setPte(leaf, at, own, mm.flagsHi(vma), mm.flagsLo(vma) | PTE.RW | PTE.D);
    vmas.flags[vma]! |= VM.ANON;
    stats.add(STAT.cow);
  } else {
    mm.setPte(leaf, at, frame, mm.flagsHi(vma), mm.flagsLo(vma) | (write ? PTE.RW | PTE.D : 0));
    mm.addMapping(frame, pid, page);
  }
  processes.pages[pid]!++;
}

const fileIndex = (mm: Mm, vma: number, page: number): number => mm.vmas.filePage[vma]! + page - mm.vmas.start[vma]!;

/** The page of the file in memory, brought there if need be; -1 when there is no frame for it. */
function cachedPage(mm: Mm, vma: number, page: number): number {
  const { cache, tables, port, stats, vmas } = mm;
  const file = vmas.file[vma]! - 1;
  const index = fileIndex(mm, vma, page);
  port.work(WORK.FILEMAP_GET_PAGE, 1);
  const known = cache.frame(file, index);
  if (known !== 0) return known;
  const frame = tables.allocZeroed(FRAME.FILE);
  if (frame < 0) return -1;
  if (!cache.isAnonymous(file)) {
    port.work(WORK.READ_PAGE, 1);
    stats.add(STAT.pgmajfault);
  }
  cache.add(file, index, frame);
  return frame;
}

/** do_fault_around: maps what the cache has of an aligned window of pages. True when the page itself was among it. */
function mapAround(mm: Mm, pid: number, vma: number, page: number, leaf: number, at: number): boolean {
  const { tables, vmas, cache, processes, port, release, hugePages } = mm;
  const window = release.faultAround;
  const from = Math.max(at - (at % window), at - (page - vmas.start[vma]!));
  const to = Math.min(at - (at % window) + window, hugePages, at + (vmas.end[vma]! - page));
  const file = vmas.file[vma]! - 1;
  let found = false;
  port.work(WORK.FILEMAP_GET_PAGE, 1);
  for (let i = from; i < to; i++) {
    const there = page + i - at;
    const frame = cache.frame(file, fileIndex(mm, vma, there));
    if (frame === 0) continue;
    tables.read(leaf, i);
    if (!isNone(tables.hi, tables.lo)) continue;
    mm.setPte(leaf, i, frame, mm.flagsHi(vma), mm.flagsLo(vma));
    mm.addMapping(frame, pid, there);
    processes.pages[pid]!++;
    if (i === at) found = true;
  }
  return found;
}
