import { STEP } from '../../../cost/steps.ts';
import { CR0, REG } from '../../../guest/registers.ts';
import { PTE } from '../../../spec/paging.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import { pageOfSpte } from '../shadow-pages.ts';
import { ACC, addressHi, addressLo, frameOfEntry, IO_MARK } from './entry.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapAdd, rmapRemove } from './rmap.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';
import { lookupPage, unshadow } from './zap.ts';

/** What a leaf entry is made from. One a VM, filled by the caller and reused. */
export class LeafRequest {
  gfn = 0;
  /** Host frame behind it; -1 where there is no memory. */
  frame = -1;
  /** ACC of all levels. Without EXEC the entry is not executable. */
  access = 0;
  /** The guest's entry is dirty (by now). Else a write must exit, so that KVM can set the bit. */
  dirty = false;
  /** Error code of the fault that is served; 0 when the guest's entry was written and is filled at once. */
  error = 0;
}

/**
 * FNAME(set_pte_common) of 2.6.24, mmu_set_spte() of 2.6.26: fills a leaf entry. Returns true when it is read-only because the frame is a shadowed page table and
 * the fault was a write (*ptwrite).
 */
export function setSpte(mmu: Mmu2007, vcpu: VcpuMmu, spte: number, leaf: LeafRequest): boolean {
  const { paths, rules } = mmu;
  paths.add(STEP.mmu_set_spte);
  const oldHi = mmu.hi(spte);
  const oldLo = mmu.lo(spte);
  let wasMapped = mmu.isMapped(oldHi, oldLo);
  if (leaf.frame < 0) {
    // 2.6.26 has found that out before.
    mmu.set(spte, rules.trapHi, rules.trapLo | IO_MARK);
    return false;
  }
  if (wasMapped && frameOfEntry(oldHi, oldLo) !== leaf.frame) {
    rmapRemove(mmu, spte);
    wasMapped = false;
  }
  const isWrite = (leaf.error & PFERR.W) !== 0;
  const isUser = (leaf.error & PFERR.U) !== 0;
  let access = leaf.dirty ? leaf.access : leaf.access & ~ACC.WRITE;
  // 2.6.26 leaves the accessed bit to the CPU, to see whether the guest used the entry.
  let lo = PTE.P | PTE.D | (rules.is2008 ? 0 : PTE.A) | (access & ACC.USER) | addressLo(leaf.frame);
  const kept = rules.keepsBits && mmu.isPresent(oldHi, oldLo) && (oldLo & IO_MARK) === 0;
  if (kept) lo |= oldLo;
  let ptWrite = false;
  const supervisorMayWrite = (vcpu.vcpu.regs.at[REG.CR0]! & CR0.WP) === 0;
  if ((access & ACC.WRITE) !== 0 || (isWrite && supervisorMayWrite && !isUser)) {
    lo |= PTE.W;
    if (isUser) unshadow(mmu, leaf.gfn);
    else if (lookupPage(mmu, leaf.gfn) !== 0) {
      access &= ~ACC.WRITE;
      lo &= ~PTE.W;
      mmu.flushTlb(vcpu);
      ptWrite = isWrite;
    }
  }
  if ((access & ACC.WRITE) !== 0) mmu.markDirty(leaf.gfn);
  // The page of the entry itself was a table of that frame: the kernel fills an entry of a page it has just freed, the model none.
  if (mmu.hangs || mmu.pages.frame[pageOfSpte(spte)] === 0) return false;
  // 2.6.24: a writable entry that becomes read-only is forgotten by the reverse map no later than here.
  if (!rules.is2008 && wasMapped && (lo & PTE.W) === 0) rmapRemove(mmu, spte);
  const noExecute = (leaf.access & ACC.EXEC) === 0 ? PTE.NX_HI : 0;
  mmu.set(spte, addressHi(leaf.frame) | noExecute | (kept ? oldHi : 0), lo);
  noteSlot(mmu, spte, leaf.gfn, lo);
  if (!wasMapped) rmapAdd(mmu, spte);
  if (rules.is2008 && !ptWrite) vcpu.lastUpdated = spte;
  return ptWrite;
}

/** page_header_update_slot: the page has memory of this slot below it, for the day its dirty log is taken. */
function noteSlot(mmu: Mmu2007, spte: number, gfn: number, lo: number): void {
  const { slots } = mmu.kvm;
  const bit = 1 << slots.table.id[slots.find(0, gfn)]!;
  mmu.pages.flags[pageOfSpte(spte)]! |= bit;
  if ((lo & PTE.W) !== 0) mmu.writableSlots |= bit;
}
