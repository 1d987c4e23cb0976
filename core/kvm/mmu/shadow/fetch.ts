import { STEP } from '../../../cost/steps.ts';
import { SLOT_FLAG } from '../../memslots/slot-table.ts';
import { STAT } from '../../stats.ts';
import type { Vcpu } from '../../vcpu.ts';
import { ACC } from '../guest-walk.ts';
import { GFNS_OF_LEVEL, indexOf } from '../nested-tables.ts';
import { RET_PF } from '../ret-pf.ts';
import { spteAt } from '../shadow-pages.ts';
import { frameOf, isLarge, isShadowPresent, LEVEL, NPT_BITS, tableSpteHi, tableSpteLo } from '../spte.ts';
import type { Fault } from './fault.ts';
import { getShadowPage } from './get-page.ts';
import { entryBytes } from './guest-entry.ts';
import { prefetchDirect, prefetchGuest } from './prefetch.ts';
import { accessOfRole, childRole, levelOf, PAE_LEVEL } from './role.ts';
import { setMmioSpte, setSpte } from './set-spte.ts';
import type { ShadowContext } from './shadow-context.ts';
import { directoryOf, syncChildren } from './sync-children.ts';
import { dropParent, dropSpte } from './zap.ts';

/** A place in the shadow tables on the way to a leaf: struct kvm_shadow_walk_iterator. */
export class ShadowIterator {
  level = 0;
  page = 0;
  index = 0;
  private hi = 0;
  private lo = 0;

  /** shadow_walk_init: at the root of the vCPU, or where it is of three levels at the directory. False: there is none. */
  start(c: ShadowContext, root: number, paeFrame: number, hi: number, lo: number): boolean {
    this.hi = hi;
    this.lo = lo;
    this.page = root === paeFrame ? directoryOf(c, paeFrame, lo >>> 30) : c.pages.of(root);
    if (this.page === 0) return false;
    this.level = root === paeFrame ? PAE_LEVEL - 1 : levelOf(c.pages.role[this.page]!);
    this.index = indexOf(this.level, hi, lo);
    return true;
  }

  /** The entry points to a table below. */
  leadsOn(c: ShadowContext): boolean {
    const lo = c.pages.entryLo(this.page, this.index);
    return this.level > LEVEL.P4K && isShadowPresent(lo) && !isLarge(lo);
  }

  /** shadow_walk_next, of an entry that leads on. */
  descend(c: ShadowContext): void {
    const { pages } = c;
    this.page = pages.of(frameOf(pages.entryHi(this.page, this.index), pages.entryLo(this.page, this.index)));
    this.level--;
    this.index = indexOf(this.level, this.hi, this.lo);
  }
}

/**
 * FNAME(fetch): shadow pages for the guest's tables are found or made from the root to the guest's leaf, direct pages below a large one, and
 * the leaf is set; then the neighbours. Each guest entry is compared with what the walk read, because another vCPU may have changed it.
 */
export function fetch(c: ShadowContext, vcpu: Vcpu, fault: Fault): number {
  const { pages } = c;
  const { walk } = vcpu;
  const roots = c.rootsOf(vcpu);
  const it = fault.iterator;
  const top = roots.levels === PAE_LEVEL ? PAE_LEVEL - 1 : roots.levels;
  if (entryChanged(c, vcpu, top)) return RET_PF.RETRY;
  if (!it.start(c, roots.frame(0), roots.paeFrame, fault.hi, fault.lo)) return RET_PF.RETRY;
  for (;;) {
    c.paths.add(STEP.paging64_fetch);
    pages.floods[it.page] = 0;
    if (it.level === walk.leaf) break;
    const below = it.level - 1;
    const isNew = !it.leadsOn(c);
    const child = isNew ? childPage(c, it, tableGfn(vcpu, below), false, walk.accessAbove[below]!) : 0;
    if (isNew && c.marks.childrenOf(child) > 0) syncChildren(c, child);
    if (entryChanged(c, vcpu, below)) return RET_PF.RETRY;
    if (isNew) link(c, it, child);
    it.descend(c);
  }
  const ret = mapBelow(c, fault, fault.access);
  if (ret !== RET_PF.SPURIOUS && fault.row >= 0) prefetchGuest(c, vcpu, it);
  return ret;
}

/** direct_map: the guest has no paging. */
export function directMap(c: ShadowContext, vcpu: Vcpu, fault: Fault): number {
  const roots = c.rootsOf(vcpu);
  const it = fault.iterator;
  if (!it.start(c, roots.frame(0), roots.paeFrame, fault.hi, fault.lo)) return RET_PF.RETRY;
  const ret = mapBelow(c, fault, ACC.ALL);
  if (ret !== RET_PF.SPURIOUS && fault.row >= 0) prefetchDirect(c, it);
  return ret;
}

/** From where the iterator stands through direct pages to the level of the mapping, and the leaf. */
function mapBelow(c: ShadowContext, fault: Fault, access: number): number {
  const it = fault.iterator;
  const goal = mappingLevel(c, fault);
  const size = GFNS_OF_LEVEL[goal]!;
  while (it.level > goal) {
    c.paths.add(STEP.paging64_fetch);
    const span = GFNS_OF_LEVEL[it.level]!;
    validateDirect(c, it, access);
    if (!it.leadsOn(c)) link(c, it, childPage(c, it, fault.gfn - (fault.gfn % span), true, access));
    it.descend(c);
  }
  if (fault.row < 0) {
    c.kvm.stats[STAT.pf_mmio_spte_created]!++;
    return setMmioSpte(c, it.page, it.index, fault.gfn, access);
  }
  const { gfn, hfn } = fault;
  const leaf = c.leaf.set(fault.row, access, gfn - (gfn % size), hfn - (hfn % size), fault.hostWritable, false);
  return setSpte(c, it.page, it.index, leaf, fault.isWrite);
}

/** kvm_mmu_get_child_sp, where the entry does not lead to a table yet. */
function childPage(c: ShadowContext, it: ShadowIterator, gfn: number, direct: boolean, access: number): number {
  return getShadowPage(c, gfn, childRole(c.pages.role[it.page]!, it.index, direct, access));
}

/** link_shadow_page; a large leaf in the way is dropped. */
function link(c: ShadowContext, it: ShadowIterator, child: number): void {
  const { pages } = c;
  c.paths.add(STEP.link_shadow_page);
  if (isShadowPresent(pages.entryLo(it.page, it.index))) {
    dropSpte(c, it.page, it.index);
    c.flushRemote();
  }
  const frame = pages.frame[child]!;
  pages.setEntry(it.page, it.index, tableSpteHi(frame), tableSpteLo(NPT_BITS, frame));
  pages.addParent(child, spteAt(it.page, it.index));
  if (c.marks.isUnsync(child) || c.marks.childrenOf(child) > 0) c.marks.mark(spteAt(it.page, it.index));
}

/** validate_direct_spte: the guest's large page has other rights now than the direct page below was made for. */
function validateDirect(c: ShadowContext, it: ShadowIterator, access: number): void {
  const { pages } = c;
  if (!it.leadsOn(c)) return;
  const child = pages.of(frameOf(pages.entryHi(it.page, it.index), pages.entryLo(it.page, it.index)));
  if (accessOfRole(pages.role[child]!) === access) return;
  c.paths.add(STEP.validate_direct_spte);
  dropParent(c, child, it.page, it.index);
  c.flushRemote();
}

/** FNAME(gpte_changed). */
function entryChanged(c: ShadowContext, vcpu: Vcpu, level: number): boolean {
  const { walk } = vcpu;
  const { ram } = c.kvm;
  c.paths.add(STEP.paging64_gpte_changed);
  const bytes = entryBytes(vcpu);
  if (!ram.readEntryAtomic(walk.entryGpaHi[level]!, walk.entryGpaLo[level]!, bytes, ram.entry)) return true;
  return ram.entry[0] !== walk.entryLo[level] || ram.entry[1] !== walk.entryHi[level];
}

const tableGfn = ({ walk }: Vcpu, level: number): number =>
  (walk.entryGpaHi[level]! & 0xf_ffff) * 0x10_0000 + (walk.entryGpaLo[level]! >>> 12);

/** kvm_mmu_hugepage_adjust: the guest's page size, the host's, the slot's alignment and bounds; 4 KiB under dirty logging and over shadowed tables. */
function mappingLevel(c: ShadowContext, fault: Fault): number {
  const { kvm, rmap } = c;
  const { gfn, row } = fault;
  if (row < 0 || fault.maxLevel === LEVEL.P4K) return LEVEL.P4K;
  const { baseGfn, flags, hvaPage, pages } = kvm.slots.table;
  if ((flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) return LEVEL.P4K;
  const base = baseGfn[row]!;
  let level = Math.min(fault.maxLevel, kvm.mmu.largestLeaf, kvm.hostMm.level(hvaPage[row]! + gfn - base));
  for (; level > LEVEL.P4K; level--) {
    const size = GFNS_OF_LEVEL[level]!;
    const first = gfn - (gfn % size);
    const fits = base % size === hvaPage[row]! % size && first >= base && first + size <= base + pages[row]!;
    if (fits && rmap.largeForbidden(gfn, level) === 0) break;
  }
  return level;
}
