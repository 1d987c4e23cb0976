import type { Machine } from '../../core/machine/machine.ts';
import { FRAME } from '../../core/guest/kernel/frames.ts';
import type { PageCache } from '../../core/guest/kernel/page-cache.ts';
import { VM, VM_PROT } from '../../core/guest/kernel/vmas.ts';
import type { KernelDriver } from './kernel-driver.ts';

const P = 1n;
const RW = 2n;
const US = 4n;
const PS = 0x80n;
const PROTNONE = 0x100n;
const SPECIAL = 0x200n;
const FRAME_BITS = 0x000f_ffff_ffff_f000n;

/**
 * Looks through the page tables in guest memory, by itself: every entry of a process lies in one of its VMAs and allows no more than the VMA
 * does, what two may see apart is not writable, and every frame has as many references as it has users. Returns what is wrong.
 */
export function auditKernel(driver: KernelDriver): string[] {
  const { mm } = driver.kernel();
  const { geometry, processes, vmas, frames, cache } = mm;
  const { guestView } = (driver.d.machine as unknown as { machine: Machine }).machine.parts;
  const wrong: string[] = [];
  const users = new Map<number, number>();
  const writers = new Map<number, string>();
  const mappings: string[] = [];
  const counted = new Map<number, number>();
  const use = (frame: number): void => void users.set(frame, (users.get(frame) ?? 0) + 1);

  const leaf = (pid: number, page: number, entry: bigint, level: number): void => {
    const vma = vmas.find(processes.vmas[pid]!, page);
    const where = `process ${pid}, page 0x${page.toString(16)}`;
    if (vma === 0) return void wrong.push(`${where} is in the tables, but in no VMA`);
    const flags = vmas.flags[vma]!;
    if ((entry & P) !== 0n) {
      if ((flags & VM_PROT) === 0) wrong.push(`${where} is present, but PROT_NONE`);
      if ((entry & RW) !== 0n && (flags & VM.WRITE) === 0) wrong.push(`${where} is writable, its VMA is not`);
      if ((entry & US) === 0n) wrong.push(`${where} is no user page`);
    } else if ((flags & VM_PROT) !== 0) wrong.push(`${where} is not present, but its VMA has rights`);
    if ((entry & SPECIAL) !== 0n) {
      if ((entry & (P | RW)) === (P | RW) && (flags & VM.DEVICE) === 0) wrong.push(`${where}: page of zeros writable`);
      return;
    }
    const inverted = mm.release.invertsProtNone && geometry.entryBytes === 8 && (entry & (P | PROTNONE)) === PROTNONE;
    const first = Number(((inverted ? entry ^ FRAME_BITS : entry) & FRAME_BITS) >> 12n);
    counted.set(pid, (counted.get(pid) ?? 0) + mm.tables.span[level]!);
    for (let i = 0; i < mm.tables.span[level]!; i++) {
      use(first + i);
      if (frames.kind(first + i) === FRAME.FILE) mappings.push(`${first + i} ${pid} ${page + i}`);
      if ((entry & (P | RW)) === (P | RW) && (flags & VM.SHARED) === 0) writers.set(first + i, where);
      if (!frames.owns(first + i)) wrong.push(`${where} points to frame ${first + i}, which is not in use`);
    }
  };

  const table = (pid: number, frame: number, level: number, base: number): void => {
    use(frame);
    if (frames.kind(frame) !== FRAME.TABLE) wrong.push(`frame ${frame} is used as a table, but is none`);
    const count = level === geometry.levels ? geometry.kernelIndex : 2 ** geometry.bits[level]!;
    for (let index = 0; index < count; index++) {
      const at = BigInt(frame * 4096 + index * geometry.entryBytes);
      const entry = guestView.read(at, geometry.entryBytes);
      if (entry === 0n) continue;
      const page = base + index * mm.tables.span[level]!;
      if (level === 1) leaf(pid, page, entry, 1);
      else if (level === 2 && (entry & PS) !== 0n) leaf(pid, page, entry, 2);
      else table(pid, Number((entry & FRAME_BITS) >> 12n), level - 1, page);
    }
  };

  for (const pid of [0, 1, 2, 3]) {
    if (!processes.isAlive(pid)) continue;
    table(pid, processes.pgd[pid]!, geometry.levels, 0);
    const pages = counted.get(pid) ?? 0;
    if (processes.pages[pid] !== pages)
      wrong.push(`process ${pid} has ${pages} pages, but counts ${processes.pages[pid]}`);
  }
  const known = cache.frames().flatMap((frame) => {
    use(frame);
    return mappingsOf(cache, frame);
  });
  if (known.sort().join() !== mappings.sort().join()) wrong.push(`the reverse map has ${known}, not ${mappings}`);
  for (const [frame, where] of writers)
    if (users.get(frame) !== 1) wrong.push(`${where} is private and writable, but has ${users.get(frame)} users`);
  for (const [frame, count] of users)
    if (frames.references(frame) !== count)
      wrong.push(`frame ${frame} has ${count} users, but ${frames.references(frame)} references`);
  if (users.size + 1 !== frames.used) wrong.push(`${frames.used} frames in use, but ${users.size + 1} are used`);
  return wrong;
}

function mappingsOf(cache: PageCache, frame: number): string[] {
  const list: string[] = [];
  for (let at = cache.firstMapping(frame); at >= 0; at = cache.following(at))
    list.push(`${frame} ${cache.processOf(at)} ${cache.pageOf(at)}`);
  return list;
}
