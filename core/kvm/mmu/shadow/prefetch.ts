import { STEP } from '../../../cost/steps.ts';
import { SLOT_FLAG } from '../../memslots/slot-table.ts';
import type { Vcpu } from '../../vcpu.ts';
import { ACC } from '../guest-walk.ts';
import { isShadowPresent, LEVEL } from '../spte.ts';
import type { ShadowIterator } from './fetch.ts';
import { accessOfEntry, entryBytes, gfnOfEntry, isInvalidEntry, leafEntryHi, leafEntryLo } from './guest-entry.ts';
import { accessOfRole, isDirect, levelOf } from './role.ts';
import { setSpte } from './set-spte.ts';
import type { ShadowContext } from './shadow-context.ts';
import { dropSpte } from './zap.ts';

/** PTE_PREFETCH_NUM: entries of the aligned window around a fault. */
const WINDOW = 8;

/**
 * FNAME(pte_prefetch): the other entries of the window are filled from their guest entries, in order, up to the first one that is not present,
 * not accessed, has no memory, or whose host page is not there.
 */
export function prefetchGuest(c: ShadowContext, vcpu: Vcpu, it: ShadowIterator): void {
  const { pages } = c;
  const { page } = it;
  if (levelOf(pages.role[page]!) > LEVEL.P4K) return;
  if (isDirect(pages.role[page]!)) return prefetchDirect(c, it);
  const first = it.index & -WINDOW;
  for (let index = first; index < first + WINDOW; index++) {
    if (index === it.index || isShadowPresent(pages.entryLo(page, index))) continue;
    if (!prefetchEntry(c, vcpu, page, index)) return;
  }
}

/** FNAME(prefetch_gpte) of one entry; also what follows INVLPG where the entry was zapped. */
export function prefetchEntry(c: ShadowContext, vcpu: Vcpu, page: number, index: number): boolean {
  const { kvm, pages } = c;
  const gpte = kvm.ram.entry;
  c.paths.add(STEP.paging64_prefetch_gpte);
  const bytes = entryBytes(vcpu);
  if (!kvm.ram.readEntryAtomic(leafEntryHi(c, page), leafEntryLo(c, page, index), bytes, gpte)) return false;
  const lo = gpte[0]!;
  const hi = gpte[1]!;
  if (isInvalidEntry(vcpu, hi, lo)) {
    dropSpte(c, page, index);
    return false;
  }
  return prefetchFrame(c, page, index, gfnOfEntry(hi, lo), accessOfEntry(accessOfRole(pages.role[page]!), hi, lo));
}

/** direct_pte_prefetch: runs of empty entries, each up to the first host page that is not there; without the first of a run nothing goes on. */
export function prefetchDirect(c: ShadowContext, it: ShadowIterator): void {
  const { pages, translations } = c;
  const { page } = it;
  if (levelOf(pages.role[page]!) > LEVEL.P4K) return;
  const access = accessOfRole(pages.role[page]!);
  const first = it.index & -WINDOW;
  let inRun = false;
  let skip = false;
  for (let index = first; index < first + WINDOW; index++) {
    if (index === it.index || isShadowPresent(pages.entryLo(page, index))) {
      inRun = false;
      skip = false;
      continue;
    }
    if (skip) continue;
    c.paths.add(STEP.direct_pte_prefetch);
    if (!prefetchFrame(c, page, index, translations.gfn(page, index), access)) {
      if (!inRun) return;
      skip = true;
    }
    inRun = true;
  }
}

/** kvm_mmu_prefetch_sptes: only of a writable slot, not under dirty logging where the page may be written, and of a writable host page that is there. */
function prefetchFrame(c: ShadowContext, page: number, index: number, gfn: number, access: number): boolean {
  const { kvm } = c;
  const { baseGfn, flags, hvaPage } = kvm.slots.table;
  const row = c.vcpu!.slotOf(gfn);
  if (row < 0 || (flags[row]! & (SLOT_FLAG.INVALID | SLOT_FLAG.READONLY)) !== 0) return false;
  if ((access & ACC.WRITE) !== 0 && (flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) return false;
  const hva = hvaPage[row]! + gfn - baseGfn[row]!;
  c.paths.add(STEP.kvm_mmu_prefetch_sptes);
  const hfn = kvm.hostMm.present(hva);
  if (hfn === 0 || !kvm.hostMm.writable(hva)) return false;
  setSpte(c, page, index, c.leaf.set(row, access, gfn, hfn, true, true), false);
  return true;
}
