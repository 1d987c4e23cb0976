import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import { STAT } from '../../stats.ts';
import { ENTRIES, indexOfSpte, pageOfSpte } from '../shadow-pages.ts';
import { LEVEL } from '../spte.ts';
import { isDirect, isInvalid, levelOf } from './role.ts';
import { gfnHi, gfnLo, type ShadowContext } from './shadow-context.ts';
import { canProtect, protectedLo } from './shadow-spte.ts';
import { syncPage } from './sync-page.ts';
import { commitZap, prepareZap } from './zap.ts';

/** kvm_mmu_get_shadow_page: the page of a guest frame and role, found or made. An unsync page found is synchronised, and stays unsync. */
export function getShadowPage(c: ShadowContext, gfn: number, role: number): number {
  c.paths.add(STEP.kvm_mmu_get_shadow_page);
  const found = findShadowPage(c, gfn, role);
  commitZap(c);
  const page = found === 0 ? allocShadowPage(c, gfn, role) : found;
  if (c.kvm.recorder.on) {
    c.kvm.recorder.emit(EVENT.kvm_mmu_get_page, role, found === 0 ? 1 : 0, gfnHi(gfn), gfnLo(gfn));
  }
  return page;
}

/** The next page of a guest frame from `page` on that is in use and shadows a table: for_each_gfn_valid_sp_with_gptes. */
export function withGptes(c: ShadowContext, page: number): number {
  const { pages } = c;
  let at = page;
  while (at !== 0 && (isInvalid(pages.role[at]!) || isDirect(pages.role[at]!))) at = pages.next(at);
  return at;
}

/** kvm_mmu_slot_gfn_write_protect: whatever maps this frame, at any level, loses write permission for as long as the frame is shadowed. */
export function protectGfn(c: ShadowContext, gfn: number): boolean {
  let any = false;
  for (let level: number = LEVEL.P4K; level <= LEVEL.P1G; level++) {
    const first = gfn - (gfn % ENTRIES ** (level - 1));
    if (protectRmap(c, c.rmap.head(first, level), true) > 0) any = true;
  }
  return any;
}

/** rmap_write_protect: of a list of SPTEs. Returns how many changed. */
export function protectRmap(c: ShadowContext, head: number, forGood: boolean): number {
  const { chains } = c.rmap;
  const { pages } = c;
  let changed = 0;
  for (let node = head; node !== 0; node = chains.next(node)) {
    const spte = chains.value(node);
    const page = pageOfSpte(spte);
    const index = indexOfSpte(spte);
    const lo = pages.entryLo(page, index);
    if (!canProtect(lo, forGood)) continue;
    pages.setEntry(page, index, pages.entryHi(page, index), protectedLo(lo, forGood));
    changed++;
  }
  if (forGood) c.paths.addN(STEP.rmap_write_protect, changed);
  return changed;
}

function findShadowPage(c: ShadowContext, gfn: number, role: number): number {
  const { kvm, marks, pages } = c;
  for (let page = pages.first(gfn); page !== 0; page = pages.next(page)) {
    if (isInvalid(pages.role[page]!)) continue;
    if (pages.role[page] !== role) {
      // A frame that is to be an upper table now: its unsync pages would be write-protected, and must not stay as they are.
      if (levelOf(role) > LEVEL.P4K && marks.isUnsync(page)) prepareZap(c, page);
      continue;
    }
    if (isDirect(role)) return page;
    if (marks.isUnsync(page)) {
      const synced = syncPage(c, page);
      if (synced < 0) break;
      if (synced > 0) c.flushRemote();
    }
    pages.floods[page] = 0;
    return page;
  }
  kvm.stats[STAT.mmu_cache_miss]!++;
  return 0;
}

function allocShadowPage(c: ShadowContext, gfn: number, role: number): number {
  const { kvm, marks, pages, rmap } = c;
  c.paths.add(STEP.kvm_mmu_alloc_shadow_page);
  if (!isDirect(role) && pages.wasShadowed(gfn)) kvm.stats[STAT.mmu_reshadowed]!++;
  const page = pages.create(gfn, role);
  marks.reset(page);
  if (isDirect(role)) return page;
  // account_shadowed: upper tables are write-tracked for good; a leaf table is protected until it is written.
  c.paths.add(STEP.account_shadowed);
  c.indirect++;
  rmap.forbidLarge(gfn, 1);
  if (levelOf(role) > LEVEL.P4K) rmap.track(gfn, 1);
  if (protectGfn(c, gfn)) c.flushRemote();
  return page;
}
