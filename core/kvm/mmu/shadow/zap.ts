import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import { STAT } from '../../stats.ts';
import { ENTRIES, indexOfSpte, pageOfSpte, spteAt } from '../shadow-pages.ts';
import { frameOf, isLarge, isShadowPresent, LEVEL } from '../spte.ts';
import { isDirect, isInvalid, levelOf, ROLE } from './role.ts';
import { gfnHi, gfnLo, type ShadowContext } from './shadow-context.ts';
import { REQUEST } from './vcpu-roots.ts';

/** KVM_MIN_FREE_MMU_PAGES and KVM_REFILL_PAGES. */
const LEAST_FREE = 5;
const REFILL = 25;

export const isLastSpte = (lo: number, level: number): boolean => level === LEVEL.P4K || isLarge(lo);

/** drop_spte: the entry is cleared, and taken out of the reverse map if it was present. */
export function dropSpte(c: ShadowContext, page: number, index: number): void {
  const { pages, rmap, translations } = c;
  const present = isShadowPresent(pages.entryLo(page, index));
  pages.setEntry(page, index, 0, 0);
  if (!present) return;
  const level = levelOf(pages.role[page]!);
  c.paths.add(STEP.rmap_remove);
  rmap.remove(translations.gfn(page, index), level, spteAt(page, index));
  c.countLeaf(level, -1);
}

/** drop_parent_pte: an entry no longer points to its shadow page. */
export function dropParent(c: ShadowContext, child: number, page: number, index: number): void {
  c.pages.removeParent(child, spteAt(page, index));
  c.pages.setEntry(page, index, 0, 0);
}

/** mmu_page_zap_pte: whatever stands there goes. True when it was shadow-present. */
export function zapPte(c: ShadowContext, page: number, index: number): boolean {
  const { pages } = c;
  const lo = pages.entryLo(page, index);
  const hi = pages.entryHi(page, index);
  if (lo === 0 && hi === 0) return false;
  c.paths.add(STEP.mmu_page_zap_pte);
  if (!isShadowPresent(lo)) {
    pages.setEntry(page, index, 0, 0);
    return false;
  }
  if (isLastSpte(lo, levelOf(pages.role[page]!))) dropSpte(c, page, index);
  else dropParent(c, pages.of(frameOf(hi, lo)), page, index);
  return true;
}

/**
 * __kvm_mmu_prepare_zap_page: the page and the unsync pages below it are emptied and unlinked; they are freed by `commitZap`. A page that is
 * some vCPU's root becomes invalid and is freed when the last vCPU gives it up. Returns the pages zapped.
 */
export function prepareZap(c: ShadowContext, page: number): number {
  const { kvm, marks, pages } = c;
  const wasInvalid = isInvalid(pages.role[page]!);
  c.paths.add(STEP.kvm_mmu_prepare_zap_page);
  kvm.stats[STAT.mmu_shadow_zapped]!++;
  if (kvm.recorder.on) {
    const gfn = pages.gfn[page]!;
    kvm.recorder.emit(EVENT.kvm_mmu_prepare_zap_page, pages.role[page]!, 0, gfnHi(gfn), gfnLo(gfn));
  }
  let zapped = zapUnsyncChildren(c, page);
  for (let index = 0; index < ENTRIES; index++) zapPte(c, page, index);
  unlinkParents(c, page);
  if (!wasInvalid && !isDirect(pages.role[page]!)) unaccountShadowed(c, page);
  if (marks.isUnsync(page)) unlinkUnsync(c, page);
  pages.role[page]! |= ROLE.INVALID;
  pages.delist(page);
  pages.changed();
  if (pages.rootCount[page] === 0) {
    zapped++;
    c.doomed.push(page);
  } else if (!wasInvalid) {
    for (const roots of c.roots) roots.request(REQUEST.FREE_OBSOLETE_ROOTS);
    for (const vcpu of kvm.vcpus) if (vcpu !== c.vcpu) vcpu.requestReload();
  }
  return zapped;
}

/** kvm_mmu_commit_zap_page: after a flush of every TLB, what was zapped is freed. */
export function commitZap(c: ShadowContext): void {
  if (c.doomed.length === 0) return;
  c.flushRemote();
  freeDoomed(c);
}

/** The end of kvm_mmu_remote_flush_or_zap. */
export function flushOrZap(c: ShadowContext, flush: boolean): void {
  if (c.doomed.length > 0) commitZap(c);
  else if (flush) c.flushRemote();
}

/** make_mmu_pages_available: the oldest pages that are no roots go, when the limit is near. */
export function makePagesAvailable(c: ShadowContext): void {
  const available = c.availablePages();
  if (available >= LEAST_FREE) return;
  const wanted = REFILL - available;
  let zapped = 0;
  let page = c.pages.oldest();
  while (page !== 0 && zapped < wanted) {
    if (c.pages.rootCount[page] !== 0) {
      page = c.pages.younger(page);
      continue;
    }
    const alone = c.pages.younger(page);
    const gone = prepareZap(c, page);
    zapped += gone;
    // More than the page itself: the list may have changed anywhere.
    page = gone > 1 ? c.pages.oldest() : alone;
  }
  c.kvm.stats[STAT.mmu_recycled]! += zapped;
  commitZap(c);
}

/** kvm_unlink_unsync_page. */
export function unlinkUnsync(c: ShadowContext, page: number): void {
  const { kvm, marks, pages } = c;
  if (kvm.recorder.on) {
    const gfn = pages.gfn[page]!;
    kvm.recorder.emit(EVENT.kvm_mmu_sync_page, pages.role[page]!, 0, gfnHi(gfn), gfnLo(gfn));
  }
  marks.setUnsync(page, false);
  kvm.stats[STAT.mmu_unsync]!--;
}

function freeDoomed(c: ShadowContext): void {
  c.paths.addN(STEP.kvm_mmu_commit_zap_page, c.doomed.length);
  for (const page of c.doomed) c.pages.free(page);
  c.doomed.length = 0;
}

/** mmu_zap_unsync_children. */
function zapUnsyncChildren(c: ShadowContext, page: number): number {
  const { marks, pages } = c;
  let zapped = 0;
  if (levelOf(pages.role[page]!) === LEVEL.P4K || marks.childrenOf(page) === 0) return zapped;
  for (let index = 0; index < ENTRIES; index++) {
    if (!marks.has(page, index)) continue;
    marks.unmark(page, index);
    const lo = pages.entryLo(page, index);
    if (!isShadowPresent(lo) || isLarge(lo)) continue;
    const child = pages.of(frameOf(pages.entryHi(page, index), lo));
    if (marks.isUnsync(child)) zapped += prepareZap(c, child);
    else zapped += zapUnsyncChildren(c, child);
  }
  return zapped;
}

function unlinkParents(c: ShadowContext, page: number): void {
  const { pages } = c;
  for (let node = pages.parents[page]!; node !== 0; node = pages.parents[page]!) {
    const spte = pages.chains.value(node);
    dropParent(c, page, pageOfSpte(spte), indexOfSpte(spte));
  }
}

function unaccountShadowed(c: ShadowContext, page: number): void {
  const gfn = c.pages.gfn[page]!;
  c.indirect--;
  c.rmap.forbidLarge(gfn, -1);
  if (levelOf(c.pages.role[page]!) > LEVEL.P4K) c.rmap.track(gfn, -1);
}
