import { STEP } from '../../../cost/steps.ts';
import { PTE } from '../../../spec/paging.ts';
import { frameOfEntry } from './entry.ts';
import type { Mmu2007 } from './mmu.ts';

/**
 * The reverse map is kept by host frame, as 2.6.24 does (page->private). 2.6.26 keeps it by guest frame, which is another thing only where
 * two memslots share host memory.
 */
const LEVEL = 1;

/** rmap_add. */
export function rmapAdd(mmu: Mmu2007, spte: number): void {
  const hi = mmu.hi(spte);
  const lo = mmu.lo(spte);
  if (!mmu.isMapped(hi, lo)) return;
  mmu.paths.add(STEP.rmap_add);
  mmu.rmap.add(frameOfEntry(hi, lo), LEVEL, spte);
}

/** rmap_remove, before the entry changes. */
export function rmapRemove(mmu: Mmu2007, spte: number): void {
  const hi = mmu.hi(spte);
  const lo = mmu.lo(spte);
  if (!mmu.isMapped(hi, lo)) return;
  mmu.paths.add(STEP.rmap_remove);
  mmu.rmap.remove(frameOfEntry(hi, lo), LEVEL, spte);
}

/**
 * rmap_write_protect: no writable translation of a guest frame is left. 2.6.24 takes each entry out of the reverse map and flushes for
 * each; 2.6.26 keeps them and flushes once.
 */
export function rmapWriteProtect(mmu: Mmu2007, gfn: number): void {
  const { is2008 } = mmu.rules;
  mmu.paths.add(STEP.gfn_to_page);
  const frame = mmu.kvm.ram.frame(gfn, false);
  if (frame < 0) return;
  const { chains } = mmu.rmap;
  let flush = false;
  let node = mmu.rmap.head(frame, LEVEL);
  while (node !== 0) {
    const spte = chains.value(node);
    node = chains.next(node);
    const lo = mmu.lo(spte);
    mmu.paths.add(STEP.rmap_write_protect);
    if ((lo & PTE.W) === 0) continue;
    if (!is2008) rmapRemove(mmu, spte);
    mmu.set(spte, mmu.hi(spte), lo & ~PTE.W);
    if (is2008) flush = true;
    else mmu.flushRemoteTlbs();
  }
  if (flush) mmu.flushRemoteTlbs();
}
