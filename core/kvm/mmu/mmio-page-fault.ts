import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import type { Vcpu } from '../vcpu.ts';
import { RET_PF } from './ret-pf.ts';
import { isMmioSpte, isShadowPresent, LEVEL, mmioGeneration } from './spte.ts';

/** Access that a direct MMU keeps with an MMIO page: all (ACC_ALL). */
const ACC_ALL = 7;

/**
 * handle_mmio_page_fault: a fault on a reserved SPTE. The vCPU's MMIO cache answers at once; else the SPTE is walked to without a lock and
 * its generation compared. EMULATE; INVALID when the generation is stale, for the full fault path to make a new SPTE; RETRY when the
 * SPTE has gone. (arch/x86/kvm/mmu/mmu.c, handle_mmio_page_fault)
 */
export function handleMmioPageFault(vcpu: Vcpu, hi: number, lo: number): number {
  const { kvm, paths } = vcpu;
  paths.add(STEP.handle_mmio_page_fault);
  if (vcpu.isCachedMmio(hi, lo)) return RET_PF.EMULATE;
  const { tables } = kvm.mmu;
  tables.walk(vcpu.root, hi, lo, LEVEL.P4K);
  paths.addN(STEP.get_mmio_spte, tables.visited);
  if (!isMmioSpte(tables.bits, tables.hi, tables.lo)) {
    return isShadowPresent(tables.lo) || tables.lo === 0 ? RET_PF.RETRY : RET_PF.EINVAL;
  }
  const wanted = kvm.mmioGeneration();
  const kept = mmioGeneration(tables.hi, tables.lo);
  const valid = kept === wanted && !kvm.slots.generations.inProgress(0);
  paths.add(STEP.check_mmio_spte);
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.check_mmio_spte, wanted, kept, valid ? 1 : 0, 0);
  if (!valid) return RET_PF.INVALID;
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.handle_mmio_page_fault, wordsToPage(hi, lo) | 0, hi >>> 12, 0, 0);
  cacheMmioInfo(vcpu, hi, lo);
  return RET_PF.EMULATE;
}

/**
 * vcpu_cache_mmio_info, for a page without a memslot. A write-mostly page of a read-only slot also has a reserved SPTE, but is no MMIO for
 * the emulator: its reads come from memory.
 */
export function cacheMmioInfo(vcpu: Vcpu, hi: number, lo: number): void {
  const { kvm } = vcpu;
  if (kvm.slots.generations.inProgress(0)) return;
  if (kvm.writeMostlyRegions && vcpu.slotOf(wordsToPage(hi, lo)) >= 0) return;
  vcpu.paths.add(STEP.vcpu_cache_mmio_info);
  vcpu.mmioCache.fill(0, 0, hi, lo, ACC_ALL, kvm.generationWord());
}
