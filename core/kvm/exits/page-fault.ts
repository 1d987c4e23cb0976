import type { Instruction } from '../../guest/instruction.ts';
import { PFERR, type VmExit } from '../../spec/vm-exit.ts';
import { STEP } from '../../cost/steps.ts';
import { handleMmioPageFault } from '../mmu/mmio-page-fault.ts';
import { RET_PF } from '../mmu/ret-pf.ts';
import { tdpPageFault } from '../mmu/tdp-page-fault.ts';
import { KVM_RETRY } from '../outcome.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { emulateInstruction } from './emulate-instruction.ts';
import { skipEmulatedInstruction } from './skip.ts';

/** No outcome yet: the MMIO SPTE is stale, and the full fault path has to make a new one. */
export const FULL_FAULT = -1;

/** handle_mmio_page_fault() and what its result leads to; FULL_FAULT when that is the fault path. */
export function answerMmioFault(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  switch (handleMmioPageFault(vcpu, exit.gpaHi, exit.gpaLo)) {
    case RET_PF.EMULATE:
      return emulateInstruction(vcpu, exit, insn);
    case RET_PF.RETRY:
      return KVM_RETRY;
    case RET_PF.EINVAL:
      return vcpu.stop('reserved-spte');
    default:
      return FULL_FAULT;
  }
}

/**
 * kvm_mmu_page_fault: a reserved bit means an MMIO SPTE, which is emulated unless it is stale; anything else goes through the fault
 * path. Only "emulate" runs the emulator; every other good result re-enters the guest. (arch/x86/kvm/mmu/mmu.c)
 */
export function kvmMmuPageFault(vcpu: Vcpu, exit: VmExit, insn: Instruction, error: number): number {
  vcpu.paths.add(STEP.kvm_mmu_page_fault);
  if ((error & PFERR.RSVD) !== 0) {
    const outcome = answerMmioFault(vcpu, exit, insn);
    if (outcome !== FULL_FAULT) return outcome;
  }
  const { stats } = vcpu.kvm;
  stats[STAT.pf_taken]!++;
  switch (tdpPageFault(vcpu, exit.gpaHi, exit.gpaLo, error)) {
    case RET_PF.EMULATE:
      stats[STAT.pf_emulate]!++;
      return emulateInstruction(vcpu, exit, insn);
    case RET_PF.FIXED:
      stats[STAT.pf_fixed]!++;
      return KVM_RETRY;
    case RET_PF.SPURIOUS:
      stats[STAT.pf_spurious]!++;
      return KVM_RETRY;
    case RET_PF.KICKED:
      return skipEmulatedInstruction(vcpu, exit);
    case RET_PF.EFAULT:
      return vcpu.stop('EFAULT');
    default:
      return KVM_RETRY;
  }
}
