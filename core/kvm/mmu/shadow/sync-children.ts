import { STEP } from '../../../cost/steps.ts';
import { ENTRIES } from '../shadow-pages.ts';
import { frameOf, isLarge, isShadowPresent } from '../spte.ts';
import { protectGfn } from './get-page.ts';
import { isInvalid } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';
import { syncPage } from './sync-page.ts';
import { flushOrZap, unlinkUnsync } from './zap.ts';

/**
 * mmu_sync_children: the unsync pages below a page become write-protected and synchronised, sixteen at a time (KVM_PAGE_ARRAY_NR): first all are protected, with
 * one flush, then each is compared with its guest table.
 */
export function syncChildren(c: ShadowContext, page: number): void {
  const { found } = c;
  let flush = false;
  for (;;) {
    if (c.marks.childrenOf(page) === 0) break;
    const count = collect(c, page, 0);
    if (count < 0) break;
    c.paths.add(STEP.mmu_sync_children);
    let protect = false;
    for (let i = 0; i < count; i++) if (protectGfn(c, c.pages.gfn[found[i]!]!)) protect = true;
    if (protect) {
      flushOrZap(c, true);
      flush = false;
    }
    for (let i = 0; i < count; i++) {
      unlinkUnsync(c, found[i]!);
      if (syncPage(c, found[i]!) > 0) flush = true;
    }
  }
  flushOrZap(c, flush);
}

/** kvm_mmu_sync_roots: what the guest may have changed without an exit is looked at again, below the current root. */
export function syncRoots(c: ShadowContext): void {
  const vcpu = c.vcpu!;
  const roots = c.rootsOf(vcpu);
  if (roots.levels === 0 || roots.frame(0) === 0) return;
  vcpu.mmioCache.clear();
  c.paths.add(STEP.kvm_mmu_sync_roots);
  if (roots.levels >= 4) {
    const root = c.pages.of(roots.frame(0));
    if (root === 0 || c.marks.childrenOf(root) === 0) return;
    c.lock();
    syncChildren(c, root);
    c.unlock();
    return;
  }
  if (roots.frame(0) !== roots.paeFrame) return;
  c.lock();
  for (let i = 0; i < 4; i++) {
    const directory = directoryOf(c, roots.paeFrame, i);
    if (directory !== 0 && !isInvalid(c.pages.role[directory]!)) syncChildren(c, directory);
  }
  c.unlock();
}

/** The shadow page that pointer `i` of a PAE root names; 0 for none. */
export function directoryOf(c: ShadowContext, paeFrame: number, i: number): number {
  const { memory } = c.kvm;
  const lo = memory.entryLo(paeFrame, i);
  return (lo & 1) === 0 ? 0 : c.pages.of(frameOf(memory.entryHi(paeFrame, i), lo));
}

/**
 * mmu_unsync_walk: unsync pages below a page go into `found`, from `count` on, as far as it holds them; marks that lead nowhere any more go. A
 * page reached by two ways is taken up once, and both ways keep their marks. Returns the new count, or -1 where nothing is unsync below.
 */
function collect(c: ShadowContext, page: number, from: number): number {
  const { found, marks, pages } = c;
  let count = from;
  let any = false;
  for (let index = 0; index < ENTRIES && count < found.length; index++) {
    if (!marks.has(page, index)) continue;
    const lo = pages.entryLo(page, index);
    if (!isShadowPresent(lo) || isLarge(lo)) {
      marks.unmark(page, index);
      continue;
    }
    const child = pages.of(frameOf(pages.entryHi(page, index), lo));
    const below = marks.isUnsync(child) ? take(found, count, child) : collectBelow(c, child, count);
    if (below < 0) marks.unmark(page, index);
    else {
      count = below;
      any = true;
    }
  }
  return any ? count : -1;
}

const collectBelow = (c: ShadowContext, page: number, count: number): number =>
  c.marks.childrenOf(page) === 0 ? -1 : collect(c, page, count);

/** Puts a page into the list unless it is there. Returns the new length. */
function take(list: Int32Array, count: number, page: number): number {
  for (let i = 0; i < count; i++) if (list[i] === page) return count;
  list[count] = page;
  return count + 1;
}
