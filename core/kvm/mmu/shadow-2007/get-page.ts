import { STEP } from '../../../cost/steps.ts';
import { PTE } from '../../../spec/paging.ts';
import { STAT } from '../../stats.ts';
import { WINDOW } from '../../windows.ts';
import { ENTRIES } from '../shadow-pages.ts';
import { isMetaphysical, levelOf, quadrantOf, roleOf } from './entry.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapWriteProtect } from './rmap.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';

/**
 * kvm_mmu_get_page: the shadow page of a guest frame for this role, made if there is none, and `parent` (0 for a root) noted as pointing
 * to it. `metaphysical`: the frame is no table; the page maps consecutive frames of a large page, or of a guest without paging.
 */
export function getPage(
  mmu: Mmu2007,
  vcpu: VcpuMmu,
  gfn: number,
  lo: number,
  level: number,
  metaphysical: number,
  access: number,
  parent: number,
): number {
  const { pages, paths } = mmu;
  const role = roleOf(vcpu.rootLevel, level, quadrantFor(vcpu.rootLevel, level, lo), metaphysical, access);
  paths.add(STEP.kvm_mmu_get_page);
  let page = pages.first(gfn);
  while (page !== 0 && pages.role[page] !== role) page = pages.next(page);
  if (page === 0) page = makePage(mmu, vcpu, gfn, role);
  if (parent !== 0) pages.addParent(page, parent);
  return page;
}

function makePage(mmu: Mmu2007, vcpu: VcpuMmu, gfn: number, role: number): number {
  const { pages, paths, rules } = mmu;
  mmu.count(STAT.mmu_cache_miss);
  if (!isMetaphysical(role) && pages.wasShadowed(gfn)) mmu.count(STAT.mmu_reshadowed);
  paths.add(STEP.kvm_mmu_alloc_page);
  const page = pages.create(gfn, role);
  const protects = !isMetaphysical(role);
  if (protects && rules.protectsFirst) rmapWriteProtect(mmu, gfn);
  if (rules.prefetches && !rules.protectsFirst) prefetchPage(mmu, vcpu, page);
  if (protects) mmu.passWindow(WINDOW.kvm_mmu_get_page, vcpu);
  if (rules.prefetches && rules.protectsFirst) prefetchPage(mmu, vcpu, page);
  if (protects && !rules.protectsFirst) rmapWriteProtect(mmu, gfn);
  return page;
}

/** Which part of a 32-bit guest's table the page shadows: a quarter of a directory, half of a table. Its tables have twice the entries. */
function quadrantFor(rootLevel: number, level: number, lo: number): number {
  if (rootLevel > 2) return 0;
  return level === 2 ? lo >>> 30 : (lo >>> 21) & 1;
}

/**
 * mmu.prefetch_page: absent in the guest's table, notrap in the shadow page: its fault needs no exit. Everything else must exit when it is first used.
 * In upper levels too: no page below an absent entry is mapped.
 */
function prefetchPage(mmu: Mmu2007, vcpu: VcpuMmu, page: number): void {
  const { kvm, memory, pages, paths, rules } = mmu;
  const role = pages.role[page]!;
  const frame = pages.frame[page]!;
  const is32 = vcpu.rootLevel === 2;
  if (isMetaphysical(role) || (is32 && (!rules.prefetches32 || levelOf(role) > 1))) {
    paths.add(STEP.nonpaging_prefetch_page);
    for (let i = 0; i < ENTRIES; i++) memory.setEntry(frame, i, rules.trapHi, rules.trapLo);
    return;
  }
  paths.addN(STEP.paging64_prefetch_page, ENTRIES);
  if (rules.is2008) paths.addN(STEP.kvm_read_guest_atomic, ENTRIES);
  const table = kvm.ram.frame(pages.gfn[page]!, false);
  const words = is32 ? 1 : 2;
  const first = is32 ? quadrantOf(role) * ENTRIES : 0;
  for (let i = 0; i < ENTRIES; i++) {
    // What cannot be read must exit.
    const trap = table < 0 || (memory.word(table, (first + i) * words) & PTE.P) !== 0;
    memory.setEntry(frame, i, trap ? rules.trapHi : 0, trap ? rules.trapLo : 0);
  }
}
