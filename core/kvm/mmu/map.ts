import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { LOCK } from '../locks.ts';
import { markDirty } from '../memslots/dirty-log.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { prefetchNeighbours } from './direct-prefetch.ts';
import { GFNS_OF_LEVEL } from './nested-tables.ts';
import { RET_PF } from './ret-pf.ts';
import { isShadowPresent, leafSpteHi, leafSpteLo, LEVEL, mmioSpteHi, mmioSpteLo } from './spte.ts';

/** Installs an MMIO SPTE under mmu_lock. The instruction is emulated afterwards. */
export function mapMmio(vcpu: Vcpu, hi: number, lo: number): number {
  const { kvm, paths, recorder } = vcpu;
  const { tables } = kvm.mmu;
  const generation = kvm.mmioGeneration();
  walkTo(vcpu, hi, lo, LEVEL.P4K);
  tables.set(mmioSpteHi(tables.bits, hi, generation), mmioSpteLo(tables.bits, lo, generation));
  paths.add(STEP.make_mmio_spte);
  if (kvm.locks !== null) kvm.locks.release(LOCK.mmu_lock);
  kvm.stats[STAT.pf_mmio_spte_created]!++;
  if (recorder.on) {
    const gfn = wordsToPage(hi, lo);
    recorder.emit(EVENT.mark_mmio_spte, gfn | 0, hi >>> 12, generation, 0);
  }
  return RET_PF.EMULATE;
}

/** Installs a leaf for a host page under mmu_lock, at the largest level that host page, slot and dirty logging allow. */
export function mapPage(vcpu: Vcpu, hi: number, lo: number, row: number, hfn: number, mapWritable: boolean): number {
  const { kvm, paths, recorder } = vcpu;
  const { tables } = kvm.mmu;
  const level = mappingLevel(vcpu, hi, lo, row);
  const size = GFNS_OF_LEVEL[level]!;
  const first = hfn - (hfn % size);
  walkTo(vcpu, hi, lo, level);
  const leafLo = leafSpteLo(tables.bits, first, level, mapWritable, false, false);
  const leafHi = leafSpteHi(tables.bits, first, mapWritable);
  paths.add(STEP.tdp_mmu_map_handle_target_level);
  const same = tables.lo === leafLo && tables.hi === leafHi;
  if (!same && kvm.mmu.installLeaf(leafHi, leafLo)) kvm.flushAfterReplacement(vcpu);
  if (recorder.on) recorder.emit(EVENT.kvm_mmu_set_spte, level, 0, leafHi, leafLo);
  if (mapWritable && (kvm.slots.table.flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) {
    paths.add(STEP.mark_page_dirty);
    markDirty(kvm.slots, row, wordsToPage(hi, lo));
  }
  if (kvm.policy.mmu === 'direct-map' && level === LEVEL.P4K) prefetchNeighbours(vcpu, hi, lo, row, mapWritable);
  if (kvm.locks !== null) kvm.locks.release(LOCK.mmu_lock);
  return same ? RET_PF.SPURIOUS : RET_PF.FIXED;
}

/**
 * Takes mmu_lock and walks to the entry of a level, linking empty tables on the way; a larger leaf in the way is split. (The kernel's
 * TDP MMU links with cmpxchg under the lock for reading, the direct map under a spinlock.)
 */
function walkTo(vcpu: Vcpu, hi: number, lo: number, level: number): void {
  const { kvm, paths } = vcpu;
  const { tables } = kvm.mmu;
  const direct = kvm.policy.mmu === 'direct-map';
  const reads = kvm.policy.mmuLock === 'rwlock' && !direct;
  if (kvm.locks !== null) kvm.locks.acquire(LOCK.mmu_lock, !reads);
  paths.add(reads ? STEP['mmu_lock.read'] : STEP['mmu_lock.write']);
  paths.addN(direct ? STEP.direct_map : STEP.kvm_tdp_mmu_map, tables.levels - level + 1);
  tables.walk(vcpu.root, hi, lo, level);
  while (tables.level > level) {
    if (!isShadowPresent(tables.lo)) tables.link();
    else if (direct) dropLargeLeaf(vcpu);
    else kvm.mmu.splitLeaf();
    paths.add(STEP.tdp_mmu_link_sp);
    tables.walk(vcpu.root, hi, lo, level);
  }
}

/** drop_large_spte() of the direct map: the leaf goes, and with it what CPUs have cached of it. */
function dropLargeLeaf(vcpu: Vcpu): void {
  vcpu.kvm.mmu.dropLeaf();
  vcpu.kvm.flushAfterReplacement(vcpu);
}

/** kvm_mmu_hugepage_adjust: the host's page size, the alignment of the slot and its bounds; 4 KiB under dirty logging. */
function mappingLevel(vcpu: Vcpu, hi: number, lo: number, row: number): number {
  const { kvm } = vcpu;
  const { baseGfn, flags, hvaPage, pages } = kvm.slots.table;
  if ((flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) return LEVEL.P4K;
  const gfn = wordsToPage(hi, lo);
  const base = baseGfn[row]!;
  let level = Math.min(kvm.hostMm.level(hvaPage[row]! + gfn - base), kvm.mmu.largestLeaf);
  for (; level > LEVEL.P4K; level--) {
    const size = GFNS_OF_LEVEL[level]!;
    const first = gfn - (gfn % size);
    if (base % size === hvaPage[row]! % size && first >= base && first + size <= base + pages[row]!) break;
  }
  return level;
}
