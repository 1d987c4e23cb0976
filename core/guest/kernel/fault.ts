import { entryHi, entryLo, frameOf, isNone, PTE } from './entries.ts';
import { FRAME } from './frames.ts';
import { fileFault } from './file-fault.ts';
import { fitsHuge, hugeFault, splitHuge } from './huge.ts';
import type { Mm } from './mm.ts';
import { WORK } from './port.ts';
import { STAT } from './stats.ts';
import { VM, VM_PROT } from './vmas.ts';

/** Bits of a page-fault error code. */
export const PF = Object.freeze({ P: 1, WRITE: 2, USER: 4, RSVD: 8, FETCH: 16 });

/** do_user_addr_fault: true when the access may be tried again, false for a SIGSEGV. */
export function userFault(mm: Mm, pid: number, page: number, errorCode: number): boolean {
  const { port, stats, vmas, processes } = mm;
  port.work(WORK.PAGE_FAULT, 1);
  stats.add(STAT.pgfault);
  port.work(WORK.FIND_VMA, 1);
  const vma = vmas.find(processes.vmas[pid]!, page);
  if (vma === 0 || !mayAccess(vmas.flags[vma]!, errorCode)) {
    stats.add(STAT.segv);
    return false;
  }
  handleMmFault(mm, pid, vma, page, (errorCode & PF.WRITE) !== 0);
  return true;
}

/** access_error, the other way round. */
function mayAccess(flags: number, errorCode: number): boolean {
  if ((errorCode & PF.WRITE) !== 0) return (flags & VM.WRITE) !== 0;
  if ((errorCode & PF.FETCH) !== 0) return (flags & VM.EXEC) !== 0;
  return (flags & VM_PROT) !== 0;
}

/** handle_mm_fault: makes the page of a VMA present, or writable. */
export function handleMmFault(mm: Mm, pid: number, vma: number, page: number, write: boolean): void {
  const { tables, processes, port } = mm;
  port.work(WORK.HANDLE_MM_FAULT, 1);
  const middle = tables.build(processes.pgd[pid]!, page, 2);
  if (middle < 0) return;
  const index = tables.indexOf(page, 2);
  tables.read(middle, index);
  if ((tables.lo & (PTE.P | PTE.PS)) === (PTE.P | PTE.PS)) {
    if (!write || (tables.lo & PTE.RW) !== 0) return;
    if (hugeWrite(mm, pid, middle, index, page)) return;
    tables.read(middle, index);
  }
  let leaf = frameOf(tables.hi, tables.lo);
  if (isNone(tables.hi, tables.lo)) {
    const huge = (mm.vmas.flags[vma]! & VM.HUGE) !== 0 && fitsHuge(mm, vma, page);
    if (huge && hugeFault(mm, pid, vma, middle, index)) return;
    leaf = tables.allocTable();
    if (leaf < 0) return;
    tables.link(middle, index, leaf, 2);
  }
  const at = tables.indexOf(page, 1);
  tables.read(leaf, at);
  if (isNone(tables.hi, tables.lo)) {
    if (mm.vmas.file[vma] !== 0) fileFault(mm, pid, vma, page, leaf, at, write);
    else anonymousFault(mm, pid, vma, leaf, at, write);
  } else if (write && (tables.lo & PTE.RW) === 0) writeFault(mm, pid, vma, page, leaf, at);
}

/** do_anonymous_page. */
function anonymousFault(mm: Mm, pid: number, vma: number, leaf: number, at: number, write: boolean): void {
  const { tables, processes, release, vmas, stats } = mm;
  if (!write && release.zeroPage) {
    mm.setZeroPte(leaf, at, vma);
    stats.add(STAT.zero_page);
    vmas.flags[vma]! |= VM.ANON;
    return;
  }
  const frame = tables.allocZeroed(FRAME.ANON);
  if (frame < 0) return;
  const writable = (vmas.flags[vma]! & VM.WRITE) !== 0 ? PTE.RW | PTE.D : 0;
  mm.setPte(leaf, at, frame, mm.flagsHi(vma), mm.flagsLo(vma) | writable);
  vmas.flags[vma]! |= VM.ANON;
  processes.pages[pid]!++;
}

/** do_wp_page: a write to an entry, just read, that is present and read-only in a writable VMA. */
function writeFault(mm: Mm, pid: number, vma: number, page: number, leaf: number, at: number): void {
  const { tables, frames, vmas, tlb, release, stats, processes } = mm;
  const { hi, lo } = tables;
  const frame = frameOf(hi, lo);
  const special = (lo & PTE.SPECIAL) !== 0;
  const shared = (vmas.flags[vma]! & VM.SHARED) !== 0;
  const alone = !special && frames.kind(frame) === FRAME.ANON && frames.references(frame) === 1;
  if (shared || alone) {
    tables.setAccessFlags(leaf, at, hi, lo | PTE.RW | PTE.D | PTE.A);
    if (release.accessFlags === 'store-and-flush') tlb.flushPage(pid, page);
    stats.add(STAT.pgreuse);
    return;
  }
  const fresh = special ? tables.allocZeroed(FRAME.ANON) : tables.allocPage(FRAME.ANON);
  if (fresh < 0) return;
  if (!special) tables.copy(fresh, frame);
  tables.take(leaf, at);
  tlb.flushPage(pid, page);
  mm.setPte(leaf, at, fresh, mm.flagsHi(vma), mm.flagsLo(vma) | PTE.RW | PTE.D);
  vmas.flags[vma]! |= VM.ANON;
  stats.add(STAT.cow);
  if (special) {
    processes.pages[pid]!++;
    return;
  }
  mm.removeMapping(frame, pid, page);
  tables.put(frame);
}

/** do_huge_pmd_wp_page: nobody else has the page, or it is split and its small page copied. False: look at the entry again. */
function hugeWrite(mm: Mm, pid: number, table: number, index: number, page: number): boolean {
  const { tables, frames, hugePages, stats } = mm;
  const { hi, lo } = tables;
  const frame = frameOf(hi, lo);
  let alone = true;
  for (let i = 0; i < hugePages; i++) if (frames.references(frame + i) !== 1) alone = false;
  if (!alone) {
    splitHuge(mm, pid, table, index, page);
    return mm.port.stopped;
  }
  tables.setUpper(table, index, entryHi(frame, hi & ~0xfffff), entryLo(frame, (lo & 0xfff) | PTE.RW | PTE.D | PTE.A));
  stats.add(STAT.pgreuse);
  return true;
}
