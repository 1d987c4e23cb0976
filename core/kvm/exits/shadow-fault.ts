import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { type Instruction, OP } from '../../guest/instruction.ts';
import type { VmExit } from '../../spec/vm-exit.ts';
import { RET_PF } from '../mmu/ret-pf.ts';
import { KVM_ERROR, KVM_FAULT, KVM_RETRY } from '../outcome.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { emulateInstruction, emulateOrRetry } from './emulate-instruction.ts';

/**
 * A #PF that left the guest: handle_exception_nmi (Intel), pf_interception (AMD), kvm_handle_page_fault, kvm_mmu_page_fault. Only "emulate"
 * runs the emulator, and a write to a guest table only if the instruction is of a kind that writes page tables, or the page cannot be
 * released. (flows F13 to F16)
 */
export function handleShadowFault(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm, paths, recorder } = vcpu;
  const { errorCode, glaHi, glaLo } = exit;
  if (kvm.shadow === null) return vcpu.stop('unknown-exit');
  paths.add(vcpu.blocks.pageFault);
  if (recorder.on) recorder.emit(EVENT.kvm_page_fault, errorCode, 0, glaHi, glaLo);
  paths.add(STEP.kvm_mmu_page_fault);
  switch (kvm.shadow.pageFault(vcpu, glaHi, glaLo, errorCode)) {
    case RET_PF.EMULATE:
      return emulateInstruction(vcpu, exit, insn);
    case RET_PF.WRITE_PROTECTED:
      return writeProtectFault(vcpu, exit, insn);
    case RET_PF.FIXED:
      kvm.stats[STAT.pf_fixed]!++;
      return KVM_RETRY;
    case RET_PF.SPURIOUS:
      kvm.stats[STAT.pf_spurious]!++;
      return KVM_RETRY;
    case RET_PF.INJECT:
      return KVM_FAULT;
    case RET_PF.EFAULT:
      return vcpu.stop('EFAULT');
    case RET_PF.EINVAL:
      return vcpu.stop('reserved-spte');
    case RET_PF.STOPPED:
      return KVM_ERROR;
    default:
      return KVM_RETRY;
  }
}

/** kvm_mmu_write_protect_fault: emulated; with leave to release the page and try again, unless that was done here just before. */
function writeProtectFault(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { glaHi, glaLo } = exit;
  vcpu.kvm.stats[STAT.pf_emulate]!++;
  if (vcpu.isLastRetry(glaHi, glaLo)) return emulateInstruction(vcpu, exit, insn);
  vcpu.forgetRetry();
  if (writesPageTables(insn.op)) return emulateInstruction(vcpu, exit, insn);
  return emulateOrRetry(vcpu, exit, insn);
}

/**
 * Instructions of the emulator's tables that are marked PageTable (opcode_table[] in arch/x86/kvm/emulate.c, 3.3 and later): MOV, AND, OR,
 * XCHG, CMPXCHG. STOS and MOVS are not: who clears or copies a whole page does not edit a table.
 */
const writesPageTables = (op: number): boolean =>
  op === OP.WRITE || op === OP.OR || op === OP.AND || op === OP.XCHG || op === OP.CMPXCHG;
