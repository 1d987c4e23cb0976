import { STEP } from '../../../cost/steps.ts';
import { ENTRIES } from '../shadow-pages.ts';
import { frameOf, isMmioSpte, NPT_BITS } from '../spte.ts';
import { accessOfEntry, entryBytes, gfnOfEntry, isInvalidEntry, leafEntryHi, leafEntryLo } from './guest-entry.ts';
import { accessOfRole, sameContext } from './role.ts';
import { gfnOfMmio, installLeaf, setMmioSpte } from './set-spte.ts';
import type { ShadowContext } from './shadow-context.ts';
import { isHostWritable, needsFlush } from './shadow-spte.ts';
import { dropSpte, prepareZap } from './zap.ts';

/** Results of syncSpte. */
const FAILED = -1;
const KEPT = 0;
const CHANGED = 1;

/**
 * kvm_sync_page: every set entry of a leaf page is compared with its guest entry. 1: something changed that TLBs must see; 0; or -1, and
 * the page was zapped, because it belongs to another paging mode or its guest table cannot be read.
 */
export function syncPage(c: ShadowContext, page: number): number {
  const { pages } = c;
  let flush = 0;
  c.paths.add(STEP.kvm_sync_page);
  if (!sameContext(pages.role[page]!, c.rootsOf(c.vcpu!).role)) {
    prepareZap(c, page);
    return FAILED;
  }
  for (let index = 0; index < ENTRIES; index++) {
    if (pages.entryLo(page, index) === 0 && pages.entryHi(page, index) === 0) continue;
    const result = syncSpte(c, page, index);
    if (result === FAILED) {
      prepareZap(c, page);
      return FAILED;
    }
    flush |= result;
  }
  return flush;
}

/**
 * FNAME(sync_spte) of a set entry: dropped where the guest entry is not present, not accessed or of another frame; else its rights follow the
 * guest's. 1: TLBs must see it; -1: the guest table cannot be read.
 */
export function syncSpte(c: ShadowContext, page: number, index: number): number {
  const { kvm, pages, translations } = c;
  const vcpu = c.vcpu!;
  const gpte = kvm.ram.entry;
  c.paths.add(STEP.paging64_sync_spte);
  const gpaLo = leafEntryLo(c, page, index);
  if (!kvm.ram.readEntryAtomic(leafEntryHi(c, page), gpaLo, entryBytes(vcpu), gpte)) return FAILED;
  const lo = gpte[0]!;
  const hi = gpte[1]!;
  if (isInvalidEntry(vcpu, hi, lo)) {
    dropSpte(c, page, index);
    return CHANGED;
  }
  const gfn = gfnOfEntry(hi, lo);
  const access = accessOfEntry(accessOfRole(pages.role[page]!), hi, lo);
  const oldLo = pages.entryLo(page, index);
  const oldHi = pages.entryHi(page, index);
  if (isMmioSpte(NPT_BITS, oldHi, oldLo)) {
    if (gfn === gfnOfMmio(oldHi, oldLo)) setMmioSpte(c, page, index, gfn, access);
    else pages.setEntry(page, index, 0, 0);
    return KEPT;
  }
  if (gfn !== translations.gfn(page, index)) {
    dropSpte(c, page, index);
    return CHANGED;
  }
  if (access === translations.access(page, index)) return KEPT;
  translations.set(page, index, gfn, access);
  const leaf = c.syncLeaf.set(vcpu.slotOf(gfn), access, gfn, frameOf(oldHi, oldLo), isHostWritable(oldLo), true);
  leaf.synchronizing = true;
  installLeaf(c, page, index, leaf);
  return needsFlush(oldLo, pages.entryLo(page, index)) ? CHANGED : KEPT;
}
