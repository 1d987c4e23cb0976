import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import type { Vcpu } from '../../vcpu.ts';
import { RET_PF } from '../ret-pf.ts';
import { isMmioSpte, isShadowPresent, LEVEL, mmioGeneration, NPT_BITS } from '../spte.ts';
import type { Fault } from './fault.ts';
import { gfnOfMmio } from './set-spte.ts';
import type { ShadowContext } from './shadow-context.ts';
import { accessOfMmio } from './shadow-spte.ts';

/**
 * handle_mmio_page_fault under shadow paging: the vCPU's MMIO cache, by linear page (by guest-physical page where the guest has no paging), or
 * the SPTE that the fault was on. EMULATE; INVALID when its generation is stale; RETRY when it has gone; EINVAL for a reserved bit in any other
 * SPTE.
 */
export function handleMmioFault(c: ShadowContext, vcpu: Vcpu, fault: Fault): number {
  const { kvm, pages } = c;
  const { hi, lo, iterator: it } = fault;
  const roots = c.rootsOf(vcpu);
  const direct = roots.levels === 0;
  c.paths.add(STEP.handle_mmio_page_fault);
  const generation = kvm.generationWord();
  const known = direct ? vcpu.isCachedMmio(hi, lo) : vcpu.mmioCache.matchesGva(hi, lo, generation);
  if (known) return RET_PF.EMULATE;
  if (!it.start(c, roots.frame(0), roots.paeFrame, hi, lo)) return RET_PF.RETRY;
  let visited = 1;
  for (; it.leadsOn(c); visited++) it.descend(c);
  c.paths.addN(STEP.get_mmio_spte, visited);
  const spteLo = pages.entryLo(it.page, it.index);
  const spteHi = pages.entryHi(it.page, it.index);
  if (it.level !== LEVEL.P4K || !isMmioSpte(NPT_BITS, spteHi, spteLo)) {
    return isShadowPresent(spteLo) || spteLo === 0 ? RET_PF.RETRY : RET_PF.EINVAL;
  }
  const wanted = kvm.mmioGeneration();
  const kept = mmioGeneration(spteHi, spteLo);
  const valid = kept === wanted && !kvm.slots.generations.inProgress(0);
  c.paths.add(STEP.check_mmio_spte);
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.check_mmio_spte, wanted, kept, valid ? 1 : 0, 0);
  if (!valid) return RET_PF.INVALID;
  const gfn = gfnOfMmio(spteHi, spteLo);
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.handle_mmio_page_fault, gfn | 0, (gfn / 0x1_0000_0000) | 0, 0, 0);
  cacheMmio(c, vcpu, direct ? 0 : hi, direct ? 0 : lo, gfn, accessOfMmio(spteLo));
  return RET_PF.EMULATE;
}

/** vcpu_cache_mmio_info. */
export function cacheMmio(c: ShadowContext, vcpu: Vcpu, hi: number, lo: number, gfn: number, access: number): void {
  const { kvm } = c;
  if (kvm.slots.generations.inProgress(0)) return;
  c.paths.add(STEP.vcpu_cache_mmio_info);
  const gpaHi = (gfn / 0x10_0000) | 0;
  vcpu.mmioCache.fill(hi, lo, gpaHi, (gfn % 0x10_0000) << 12, access, kvm.generationWord());
}
