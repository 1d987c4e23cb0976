import { STEP } from '../../../cost/steps.ts';
import { STAT } from '../../stats.ts';
import { ENTRIES, spteAt } from '../shadow-pages.ts';
import { frameOfEntry, isMetaphysical, levelOf, ROLE_INVALID } from './entry.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapRemove } from './rmap.ts';

/** KVM_MIN_FREE_MMU_PAGES and KVM_REFILL_PAGES. */
const MIN_FREE = 5;
const REFILL = 25;

/** kvm_mmu_lookup_page: a shadow page of a guest frame that is a page table, or 0. In 2.6.26 a zapped root counts no longer. */
export function lookupPage(mmu: Mmu2007, gfn: number): number {
  mmu.paths.add(STEP.kvm_mmu_lookup_page);
  const { pages } = mmu;
  let page = pages.first(gfn);
  while (page !== 0 && (isMetaphysical(pages.role[page]!) || (pages.role[page]! & ROLE_INVALID) !== 0)) {
    page = pages.next(page);
  }
  return page;
}

/**
 * kvm_mmu_zap_page: the entries that point to the page, then its own. A root in use stays: 2.6.24 leaves it in the hash, empty, and goes
 * on using it; 2.6.26 has every vCPU load new roots.
 */
export function zapPage(mmu: Mmu2007, page: number): void {
  const { pages } = mmu;
  mmu.count(STAT.mmu_shadow_zapped);
  mmu.paths.add(STEP.kvm_mmu_zap_page);
  for (let node = pages.parents[page]!; node !== 0; node = pages.parents[page]!) {
    const parent = pages.chains.value(node);
    pages.removeParent(page, parent);
    mmu.setTrap(parent);
  }
  unlinkChildren(mmu, page);
  if (pages.rootCount[page] === 0) pages.free(page);
  else {
    pages.renew(page);
    if (mmu.rules.is2008) invalidateRoot(mmu, page);
  }
  for (const vcpu of mmu.vcpus) vcpu.lastUpdated = 0;
}

function invalidateRoot(mmu: Mmu2007, page: number): void {
  mmu.pages.role[page]! |= ROLE_INVALID;
  for (const vcpu of mmu.vcpus) vcpu.wantsReload = true;
  // kvm_reload_remote_mmus: requests and kicks, as for a flush.
  mmu.flushRemoteTlbs();
}

/** kvm_mmu_page_unlink_children: trap in every entry, never notrap. The scan of the 512 entries is in the price of the zap. */
function unlinkChildren(mmu: Mmu2007, page: number): void {
  const { pages } = mmu;
  const isLeaf = levelOf(pages.role[page]!) === 1;
  for (let index = 0; index < ENTRIES; index++) {
    const spte = spteAt(page, index);
    const lo = mmu.lo(spte);
    const hi = mmu.hi(spte);
    if (mmu.isPresent(hi, lo)) {
      if (isLeaf) rmapRemove(mmu, spte);
      else pages.removeParent(pages.of(frameOfEntry(hi, lo)), spte);
    }
    mmu.setTrap(spte);
  }
  mmu.flushRemoteTlbs();
}

/**
 * mmu_unshadow: what user mode writes to is no page table. 2.6.24 zaps until no page is found, which never ends for a root in use.
 */
export function unshadow(mmu: Mmu2007, gfn: number): void {
  for (let page = lookupPage(mmu, gfn); page !== 0; page = lookupPage(mmu, gfn)) {
    zapPage(mmu, page);
    if (!mmu.rules.is2008 && mmu.pages.frame[page] !== 0) {
      mmu.hangs = true;
      return;
    }
  }
}

/** kvm_mmu_free_some_pages: the oldest pages are recycled when few are left. */
export function freeSomePages(mmu: Mmu2007): void {
  const limit = mmu.pageLimit();
  if (limit - mmu.pages.count >= MIN_FREE) return;
  // A root in use moves to the young end instead of going; with nothing but those the kernel would not come back.
  for (let tries = mmu.pages.count; tries > 0 && limit - mmu.pages.count < REFILL; tries--) {
    zapPage(mmu, mmu.pages.oldest());
    mmu.count(STAT.mmu_recycled);
  }
}

/** kvm_mmu_zap_all: pages freed on the way are not met again. */
export function zapAll(mmu: Mmu2007): number {
  let zapped = 0;
  for (let page = mmu.pages.oldest(), left = mmu.pages.count; left > 0; left--, zapped++) {
    const next = mmu.pages.younger(page);
    zapPage(mmu, page);
    page = next;
  }
  return zapped;
}
