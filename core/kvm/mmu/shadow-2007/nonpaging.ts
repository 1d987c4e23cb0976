import { STEP } from '../../../cost/steps.ts';
import { PTE } from '../../../spec/paging.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import { RET_PF } from '../ret-pf.ts';
import { indexOf } from '../nested-tables.ts';
import { spteAt } from '../shadow-pages.ts';
import { ACC, addressHi, addressLo, frameOfEntry } from './entry.ts';
import { getPage } from './get-page.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapAdd } from './rmap.ts';
import { type LeafRequest, setSpte } from './set-spte.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';

/**
 * nonpaging_page_fault: the guest has paging off, so its linear addresses are guest-physical ones, mapped one to one by metaphysical
 * shadow pages. 2.6.24 does not ask whether the frame is a shadowed page table: a guest that turns paging off to write its tables, and
 * on again, goes on with the old shadow entries.
 */
export function nonpagingPageFault(mmu: Mmu2007, vcpu: VcpuMmu, lo: number, error: number, leaf: LeafRequest): number {
  const gfn = lo >>> 12;
  const frame = mmu.hostFrame(gfn);
  if (frame < 0) return RET_PF.EMULATE;
  const spte = leafOf(mmu, vcpu, lo);
  if (mmu.rules.is2008) {
    leaf.gfn = gfn;
    leaf.frame = frame;
    leaf.access = ACC.ALL;
    leaf.dirty = true;
    leaf.error = error & PFERR.W;
    return setSpte(mmu, vcpu, spte, leaf) ? RET_PF.WRITE_PROTECTED : RET_PF.FIXED;
  }
  if (mmu.isPresent(mmu.hi(spte), mmu.lo(spte)) && (mmu.lo(spte) & PTE.W) !== 0) return RET_PF.FIXED;
  mmu.markDirty(gfn);
  const bit = 1 << mmu.kvm.slots.table.id[mmu.kvm.slots.find(0, gfn)]!;
  mmu.pages.flags[Math.floor(spte / 512)]! |= bit;
  mmu.writableSlots |= bit;
  mmu.set(spte, addressHi(frame), addressLo(frame) | PTE.P | PTE.W | PTE.U);
  rmapAdd(mmu, spte);
  return RET_PF.FIXED;
}

/** nonpaging_map: from the root of the address's GiB to its leaf. */
function leafOf(mmu: Mmu2007, vcpu: VcpuMmu, lo: number): number {
  const { pages, paths, rules } = mmu;
  const root = spteAt(vcpu.root(lo >>> 30), indexOf(2, 0, lo));
  paths.addN(STEP.paging64_fetch, 3);
  let page = pages.of(frameOfEntry(mmu.hi(root), mmu.lo(root)));
  if (!mmu.isPresent(mmu.hi(root), mmu.lo(root))) {
    const gfn = (lo & ~0x1fffff) >>> 12;
    page = getPage(mmu, vcpu, gfn, lo, 1, 1, rules.is2008 ? ACC.ALL : 0, root);
    const frame = pages.frame[page]!;
    mmu.set(root, addressHi(frame), addressLo(frame) | PTE.P | PTE.W | PTE.U);
  }
  return spteAt(page, indexOf(1, 0, lo));
}
