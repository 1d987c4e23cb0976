import { ENTRIES, indexOfSpte, pageOfSpte } from '../shadow-pages.ts';
import { isShadowPresent, LEVEL } from '../spte.ts';
import { protectRmap } from './get-page.ts';
import { isDirect, isInvalid, levelOf } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';
import { canProtect, protectedLo } from './shadow-spte.ts';
import { commitZap, dropSpte, isLastSpte, prepareZap } from './zap.ts';

/** Up to so many guest frames, the reverse map is asked frame by frame; beyond, the shadow tables are gone through. */
const FEW = 4096;

/** kvm_mmu_zap_all_fast: every page is zapped, oldest first; roots in use become obsolete, and their vCPUs give them up. */
export function zapAll(c: ShadowContext): void {
  for (let page = c.pages.oldest(); page !== 0; page = c.pages.oldest()) prepareZap(c, page);
  commitZap(c);
}

/** kvm_zap_gfn_range, kvm_unmap_gfn_range: every SPTE that maps a frame of [from, to). Returns how many. */
export function zapRange(c: ShadowContext, from: number, to: number): number {
  return visit(c, from, to, (page, index) => {
    dropSpte(c, page, index);
    return 1;
  });
}

/** kvm_rmap_zap_collapsible_sptes: small SPTEs of direct pages, which faults can make large again. Returns how many. */
export function zapCollapsible(c: ShadowContext, from: number, to: number): number {
  return visit(c, from, to, (page, index) => {
    if (!isDirect(c.pages.role[page]!)) return 0;
    dropSpte(c, page, index);
    return 1;
  });
}

/** Write protection for dirty logging (kvm_mmu_slot_remove_write_access, kvm_mmu_write_protect_pt_masked). Returns how many changed. */
export function writeProtectRange(c: ShadowContext, from: number, to: number): number {
  if (to - from === 1) return protectRmap(c, c.rmap.head(from, LEVEL.P4K), false);
  return visit(c, from, to, (page, index) => {
    const lo = c.pages.entryLo(page, index);
    if (!canProtect(lo, false)) return 0;
    c.pages.setEntry(page, index, c.pages.entryHi(page, index), protectedLo(lo, false));
    return 1;
  });
}

type Visitor = (page: number, index: number) => number;

function visit(c: ShadowContext, from: number, to: number, visitor: Visitor): number {
  return to - from <= FEW ? visitFrames(c, from, to, visitor) : visitTables(c, from, to, visitor);
}

function visitFrames(c: ShadowContext, from: number, to: number, visitor: Visitor): number {
  const { chains } = c.rmap;
  let count = 0;
  for (let level: number = LEVEL.P4K; level <= LEVEL.P1G; level++) {
    const size = ENTRIES ** (level - 1);
    for (let gfn = from - (from % size); gfn < to; gfn += size) {
      let next = 0;
      for (let node = c.rmap.head(gfn, level); node !== 0; node = next) {
        const spte = chains.value(node);
        next = chains.next(node);
        count += visitor(pageOfSpte(spte), indexOfSpte(spte));
      }
    }
  }
  return count;
}

function visitTables(c: ShadowContext, from: number, to: number, visitor: Visitor): number {
  const { pages, translations } = c;
  let count = 0;
  for (let page = 1; page < pages.limit; page++) {
    if (pages.frame[page] === 0 || isInvalid(pages.role[page]!)) continue;
    const level = levelOf(pages.role[page]!);
    if (level > LEVEL.P1G) continue;
    for (let index = 0; index < ENTRIES; index++) {
      const lo = pages.entryLo(page, index);
      if (!isShadowPresent(lo) || !isLastSpte(lo, level)) continue;
      const gfn = translations.gfn(page, index);
      if (gfn < to && gfn + ENTRIES ** (level - 1) > from) count += visitor(page, index);
    }
  }
  return count;
}
