import { wordsToPage } from '../../../base/words.ts';
import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import { markDirty } from '../../memslots/dirty-log.ts';
import { SLOT_FLAG } from '../../memslots/slot-table.ts';
import { STAT } from '../../stats.ts';
import { ACC } from '../guest-walk.ts';
import { RET_PF } from '../ret-pf.ts';
import { spteAt } from '../shadow-pages.ts';
import { frameOf, isLarge, isShadowPresent, isWritable, LEVEL, mmioSpteHi, mmioSpteLo, NPT_BITS } from '../spte.ts';
import { withGptes } from './get-page.ts';
import { levelOf } from './role.ts';
import { gfnHi, gfnLo, type ShadowContext } from './shadow-context.ts';
import { GRANTED_WRITE, mmioAccessLo, needsFlush, shadowLeafHi, shadowLeafLo } from './shadow-spte.ts';
import { dropParent, dropSpte, isLastSpte } from './zap.ts';

/** How a leaf is made. Reused from call to call. */
export class Leaf {
  /** Row of the memslot. */
  row = -1;
  /** ACC rights of the guest. */
  access = 0;
  /** Guest frame and host frame of the (large) page. */
  gfn = 0;
  hfn = 0;
  hostWritable = false;
  prefetch = false;
  /** An unsync page is being synchronised. */
  synchronizing = false;

  set(row: number, access: number, gfn: number, hfn: number, hostWritable: boolean, prefetch: boolean): this {
    this.row = row;
    this.access = access;
    this.gfn = gfn;
    this.hfn = hfn;
    this.hostWritable = hostWritable;
    this.prefetch = prefetch;
    return this;
  }
}

/** mmu_set_spte for a page of memory: FIXED, SPURIOUS where it stood there already, WRITE_PROTECTED where a write fault is to be emulated. */
export function setSpte(c: ShadowContext, page: number, index: number, leaf: Leaf, writeFault: boolean): number {
  const { pages } = c;
  const level = levelOf(pages.role[page]!);
  c.paths.add(STEP.mmu_set_spte);
  const lo = pages.entryLo(page, index);
  const hi = pages.entryHi(page, index);
  let wasMapped = false;
  let flush = false;
  if (isShadowPresent(lo)) {
    const same = frameOf(hi, lo) === leaf.hfn;
    if (leaf.prefetch && isLastSpte(lo, level) && same) return RET_PF.SPURIOUS;
    if (level > LEVEL.P4K && !isLarge(lo)) {
      dropParent(c, pages.of(frameOf(hi, lo)), page, index);
      flush = true;
    } else if (!same) {
      dropSpte(c, page, index);
      flush = true;
    } else wasMapped = true;
  }
  const protect = installLeaf(c, page, index, leaf);
  const newLo = pages.entryLo(page, index);
  const newHi = pages.entryHi(page, index);
  const unchanged = wasMapped && newLo === lo && newHi === hi;
  if (wasMapped && needsFlush(lo, newLo)) flush = true;
  if (!unchanged && c.kvm.recorder.on) c.kvm.recorder.emit(EVENT.kvm_mmu_set_spte, level, 0, newHi, newLo);
  if (flush) c.flushRemote();
  c.translations.set(page, index, leaf.gfn, leaf.access);
  if (!wasMapped) {
    c.paths.add(STEP.rmap_add);
    c.rmap.add(leaf.gfn, level, spteAt(page, index));
    c.countLeaf(level, 1);
  }
  if (protect && writeFault) return RET_PF.WRITE_PROTECTED;
  return unchanged ? RET_PF.SPURIOUS : RET_PF.FIXED;
}

/**
 * make_spte, and the entry written. True when the page had to stay write-protected although the guest may write it: it is a table that must not
 * become unsync.
 */
export function installLeaf(c: ShadowContext, page: number, index: number, leaf: Leaf): boolean {
  const { pages } = c;
  const { access, gfn, hfn, hostWritable, prefetch, row, synchronizing } = leaf;
  const level = levelOf(pages.role[page]!);
  const oldLo = pages.entryLo(page, index);
  let lo = shadowLeafLo(hfn, level, access, hostWritable, !prefetch || synchronizing);
  let protect = false;
  if ((access & ACC.WRITE) !== 0 && hostWritable) {
    const wasWritable = isShadowPresent(oldLo) && isLastSpte(oldLo, level) && isWritable(oldLo);
    protect = !wasWritable && !tryToUnsync(c, gfn, synchronizing, prefetch);
    if (!protect) lo |= GRANTED_WRITE;
  }
  if (!protect && (lo & GRANTED_WRITE) !== 0 && (c.kvm.slots.table.flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) {
    c.paths.add(STEP.mark_page_dirty);
    markDirty(c.kvm.slots, row, gfn);
  }
  pages.setEntry(page, index, shadowLeafHi(hfn, access), lo);
  return protect;
}

/** mark_mmio_spte: the guest's page is no memory. Emulated afterwards. */
export function setMmioSpte(c: ShadowContext, page: number, index: number, gfn: number, access: number): number {
  const { kvm, pages } = c;
  const generation = kvm.mmioGeneration();
  const hi = (gfn / 0x10_0000) | 0;
  const lo = (gfn % 0x10_0000) << 12;
  c.paths.add(STEP.make_mmio_spte);
  const spteLo = mmioAccessLo(mmioSpteLo(NPT_BITS, lo, generation), access);
  pages.setEntry(page, index, mmioSpteHi(NPT_BITS, hi, generation), spteLo);
  if (kvm.recorder.on) kvm.recorder.emit(EVENT.mark_mmio_spte, gfn | 0, gfnHi(gfn), generation, 0);
  return RET_PF.EMULATE;
}

/** Guest frame of an MMIO SPTE. */
export const gfnOfMmio = (hi: number, lo: number): number => wordsToPage(hi & 0x7ffff, lo);

/**
 * mmu_try_to_unsync_pages: whether a frame may be mapped writable. Its leaf shadow pages become unsync by that; a frame that is an upper table
 * must stay write-protected, and so must any table while an unsync page is synchronised or for a mere prefetch.
 */
function tryToUnsync(c: ShadowContext, gfn: number, synchronizing: boolean, prefetch: boolean): boolean {
  const { marks, pages, rmap } = c;
  c.paths.add(STEP.mmu_try_to_unsync_pages);
  if (rmap.tracked(gfn) !== 0) return false;
  if (rmap.largeForbidden(gfn, LEVEL.P2M) === 0) return true;
  for (let page = withGptes(c, pages.first(gfn)); page !== 0; page = withGptes(c, pages.next(page))) {
    if (synchronizing) return false;
    if (marks.isUnsync(page)) continue;
    if (prefetch) return false;
    unsyncPage(c, page);
  }
  return true;
}

/** kvm_unsync_page. */
function unsyncPage(c: ShadowContext, page: number): void {
  const { kvm, marks, pages } = c;
  c.paths.add(STEP.kvm_unsync_page);
  if (kvm.recorder.on) {
    const gfn = pages.gfn[page]!;
    kvm.recorder.emit(EVENT.kvm_mmu_unsync_page, pages.role[page]!, 0, gfnHi(gfn), gfnLo(gfn));
  }
  kvm.stats[STAT.mmu_unsync]!++;
  marks.setUnsync(page, true);
  marks.markParents(page);
}
