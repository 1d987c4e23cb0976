import { STEP } from '../../../cost/steps.ts';
import { PTE } from '../../../spec/paging.ts';
import { ENTRIES, spteAt } from '../shadow-pages.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapRemove } from './rmap.ts';

/**
 * kvm_mmu_slot_remove_write_access, for the memslot that holds a guest frame: every shadow page with memory of the slot below it is
 * scanned, and all its entries lose write permission, those of other slots too. Returns how many did. Asked again before any entry of the
 * slot was made writable, it finds nothing and looks at nothing.
 */
export function removeWriteAccess(mmu: Mmu2007, gfn: number): number {
  const { kvm, pages, rules } = mmu;
  const row = kvm.slots.find(0, gfn);
  if (row < 0) return 0;
  const bit = 1 << kvm.slots.table.id[row]!;
  if ((mmu.writableSlots & bit) === 0) return 0;
  mmu.writableSlots &= ~bit;
  let removed = 0;
  for (let page = pages.oldest(); page !== 0; page = pages.younger(page)) {
    if ((pages.flags[page]! & bit) === 0) continue;
    kvm.hostPaths.addMany(STEP.kvm_mmu_slot_remove_write_access, 1);
    for (let index = 0; index < ENTRIES; index++) {
      const spte = spteAt(page, index);
      const lo = mmu.lo(spte);
      if ((lo & PTE.W) === 0) continue;
      if (!rules.is2008) rmapRemove(mmu, spte);
      mmu.set(spte, mmu.hi(spte), lo & ~PTE.W);
      removed++;
    }
  }
  return removed;
}
