import { PTE } from './entries.ts';
import { handleMmFault } from './fault.ts';
import type { Mm } from './mm.ts';
import type { MmapOp, Prot } from './ops.ts';
import { SHARED_MEMORY } from './page-cache.ts';
import { WORK } from './port.ts';
import { unmapAll } from './unmap.ts';
import { VM } from './vmas.ts';

/** Entries of PAE's top table that belong to the process: each has its page directory from the start. */
const PAE_USER_POINTERS = 3;

export const RIGHTS: Readonly<Record<Prot, number>> = {
  none: 0,
  r: VM.READ,
  rw: VM.READ | VM.WRITE,
  rx: VM.READ | VM.EXEC,
  rwx: VM.READ | VM.WRITE | VM.EXEC,
};

/** pgd_alloc: a top table whose kernel half is that of the boot tables. */
export function newTopTable(mm: Mm): number {
  const { tables, geometry, setup } = mm;
  const pgd = tables.allocTable();
  if (pgd < 0) return -1;
  const first = geometry.kernelIndex * geometry.entryBytes;
  tables.copyPart(pgd, setup.initPgd, first, (geometry.topEntries - geometry.kernelIndex) * geometry.entryBytes);
  if (geometry.mode !== 'pae') return pgd;
  for (let index = 0; index < PAE_USER_POINTERS; index++) {
    const directory = tables.allocTable();
    if (directory < 0) return -1;
    tables.link(pgd, index, directory, 3);
  }
  return pgd;
}

/** pgd_free: what unmapping leaves. */
function freeTopTable(mm: Mm, pgd: number): void {
  const { tables, geometry } = mm;
  for (let index = 0; geometry.mode === 'pae' && index < PAE_USER_POINTERS; index++) {
    tables.read(pgd, index);
    const directory = mm.frameInEntry();
    tables.clear(pgd, index);
    tables.put(directory);
  }
  tables.put(pgd);
}

/** do_exit's share: the address space goes, then the tables that CR3 pointed to. */
export function exit(mm: Mm, pid: number): void {
  const { processes, tlb, port } = mm;
  port.work(WORK.EXIT, 1);
  const pgd = processes.pgd[pid]!;
  unmapAll(mm, pid, pgd, tlb.loaded === pid);
  tlb.forget(pid);
  freeTopTable(mm, pgd);
  processes.end(pid);
}

/** execve's share: a new, empty address space takes the place of the old one. */
export function exec(mm: Mm, pid: number): void {
  const { processes, tlb, port } = mm;
  port.work(WORK.EXEC, 1);
  const fresh = newTopTable(mm);
  if (fresh < 0) return;
  const old = processes.pgd[pid]!;
  processes.pgd[pid] = fresh;
  tlb.replace(pid);
  unmapAll(mm, pid, old, false);
  freeTopTable(mm, old);
}

/** mmap: a VMA, and its pages where they are wanted at once. A sentence where something is mapped already. */
export function map(mm: Mm, op: MmapOp): string | null {
  const { vmas, processes, port, cache } = mm;
  const { pid } = op;
  const start = Number(op.gva >> 12n);
  const end = start + Number(op.size >> 12n);
  const next = vmas.firstAbove(processes.vmas[pid]!, start);
  if (next !== 0 && vmas.start[next]! < end) {
    const page = Math.max(vmas.start[next]!, start);
    return `os.mmap(): page 0x${(BigInt(page) << 12n).toString(16)} is mapped already: munmap it first, or map elsewhere`;
  }
  port.work(WORK.VMA_CHANGE, 1);
  const device = op.gpa !== null;
  const flags =
    RIGHTS[op.prot] | (op.shared || device ? VM.SHARED : 0) | (op.huge ? VM.HUGE : 0) | (device ? VM.DEVICE : 0);
  const name = op.file ?? (op.shared ? `${SHARED_MEMORY}${pid}:${op.gva.toString(16)}` : null);
  const file = name === null ? 0 : cache.file(name) + 1;
  const first = Number((op.gpa ?? op.offset) >> 12n);
  processes.vmas[pid] = vmas.insert(processes.vmas[pid]!, start, end, flags, file, first);
  const vma = vmas.find(processes.vmas[pid]!, start);
  if (device) mapDevice(mm, pid, vma);
  else if (op.populate) populate(mm, pid, vma, (RIGHTS[op.prot] & VM.WRITE) !== 0);
  return null;
}

/** remap_pfn_range: every entry at once, uncached. */
function mapDevice(mm: Mm, pid: number, vma: number): void {
  const { vmas, tables, processes, port } = mm;
  const start = vmas.start[vma]!;
  const flags = mm.flagsLo(vma) | PTE.SPECIAL | PTE.PCD;
  for (let page = start; page < vmas.end[vma]! && !port.stopped; page++) {
    const leaf = tables.build(processes.pgd[pid]!, page, 1);
    if (leaf < 0) return;
    mm.setPte(leaf, tables.indexOf(page, 1), vmas.filePage[vma]! + page - start, mm.flagsHi(vma), flags);
  }
}

/** mm_populate: faults without exceptions. */
function populate(mm: Mm, pid: number, vma: number, write: boolean): void {
  const { vmas, port } = mm;
  for (let page = vmas.start[vma]!; page < vmas.end[vma]! && !port.stopped; page++) {
    handleMmFault(mm, pid, vma, page, write);
  }
}
