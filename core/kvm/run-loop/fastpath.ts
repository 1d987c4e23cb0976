import { STEP } from '../../cost/steps.ts';
import type { Instruction } from '../../guest/instruction.ts';
import { MSR } from '../../spec/msr.ts';
import { EXIT_REASON, PFERR, SVM_EXIT, type VmExit } from '../../spec/vm-exit.ts';
import { probeFastMmio } from '../exits/probe-fast-mmio.ts';
import { isFastIcr, isSimpleIcr } from '../lapic/icr.ts';
import { writeApicMsr } from '../lapic/msr-writes.ts';
import type { KvmPolicy } from '../policy.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';

/** What vmx_exit_handlers_fastpath() and svm_exit_handlers_fastpath() return (fastpath_t). */
export const FASTPATH = Object.freeze({ NONE: 0, REENTER_GUEST: 1, EXIT_HANDLED: 2 });

/** Kinds of exits that the loop may answer. */
const KIND = Object.freeze({ NONE: 0, WRMSR: 1, TIMER: 2, HLT: 3, INVD: 4, FAST_MMIO: 5 });

const REASONS = 0x402;

/** Which exits the fastpath loop of a kernel looks at, by exit reason. */
export function fastpathKinds({ fastpath, fastMmioInLoop }: KvmPolicy, isIntel: boolean): Uint8Array {
  const kinds = new Uint8Array(REASONS);
  if (fastMmioInLoop) kinds[isIntel ? EXIT_REASON.EPT_MISCONFIG : SVM_EXIT.NPF] = KIND.FAST_MMIO;
  if (fastpath === 'none') return kinds;
  kinds[isIntel ? EXIT_REASON.MSR_WRITE : SVM_EXIT.MSR] = KIND.WRMSR;
  kinds[isIntel ? EXIT_REASON.HLT : SVM_EXIT.HLT] = KIND.HLT;
  if (isIntel) kinds[EXIT_REASON.PREEMPTION_TIMER] = KIND.TIMER;
  if (fastpath === 'msr-hlt') return kinds;
  kinds[isIntel ? EXIT_REASON.INVD : SVM_EXIT.INVD] = KIND.INVD;
  if (isIntel) kinds[EXIT_REASON.MSR_WRITE_IMM] = KIND.WRMSR;
  return kinds;
}

/** True when the loop takes this exit: decided without any cost of its own, from what the exit and the operands say. */
export function takesFastpath(vcpu: Vcpu, kind: number, exit: VmExit, insn: Instruction): boolean {
  const { kvm } = vcpu;
  if (vcpu.guestMode !== 0 && kind !== KIND.TIMER) return false;
  if (!kvm.isIntel && exit.nextRipValid === 0) return false;
  if (kind === KIND.INVD || kind === KIND.TIMER) return true;
  if (kind === KIND.FAST_MMIO) return exit.vectoring === 0 && (kvm.isIntel || (exit.qualification & PFERR.RSVD) !== 0);
  if (kind === KIND.HLT) return vcpu.apic !== null;
  return takesWrmsr(vcpu, insn);
}

/** Since 6.18 a deadline is taken whatever there is of an APIC (0a94b2042419), and so is every ICR write that is delivered quickly. */
function takesWrmsr({ apic, kvm }: Vcpu, insn: Instruction): boolean {
  const older = kvm.policy.fastpath === 'msr-hlt';
  const msr = insn.lo >>> 0;
  if (msr === MSR.IA32_TSC_DEADLINE) return apic !== null || !older;
  if (msr !== MSR.X2APIC_ICR || apic === null) return false;
  return (older ? isSimpleIcr : isFastIcr)(insn.data[1]!, insn.data[0]!);
}

/** Answers an exit inside the loop, with IRQs off and without SRCU. What becomes of it is one of FASTPATH. */
export function handleFastpath(vcpu: Vcpu, kind: number, exit: VmExit, insn: Instruction): number {
  const { paths, blocks } = vcpu;
  if (kind === KIND.FAST_MMIO) return kickInLoop(vcpu, exit) ? FASTPATH.REENTER_GUEST : FASTPATH.NONE;
  paths.add(STEP.handle_fastpath);
  if (kind === KIND.TIMER) {
    vcpu.expireTimer(STEP.kvm_lapic_expired_hv_timer);
    return FASTPATH.REENTER_GUEST;
  }
  if (kind === KIND.WRMSR) {
    writeApicMsr(vcpu, insn);
    paths.add(blocks.skip);
    return FASTPATH.REENTER_GUEST;
  }
  paths.add(blocks.skip);
  if (kind === KIND.INVD) return FASTPATH.REENTER_GUEST;
  paths.add(STEP.kvm_emulate_halt);
  vcpu.kvm.stats[STAT.halt_exits]!++;
  if (vcpu.apic!.hasInterrupt()) return FASTPATH.REENTER_GUEST;
  vcpu.halted = true;
  return FASTPATH.EXIT_HANDLED;
}

/** The FAST_MMIO bus is asked inside the loop: SRCU is taken for it alone. False when nobody is there, or the skip would need the decoder. */
function kickInLoop(vcpu: Vcpu, exit: VmExit): boolean {
  const { paths, blocks, kvm } = vcpu;
  if (kvm.skipsByDecode) return false;
  paths.add(STEP.handle_fastpath);
  // The guest-physical address; on AMD the error code too.
  if (kvm.isIntel) paths.add(STEP['hw.vmread']);
  else paths.addN(STEP['hw.vmcb_access'], 2);
  paths.add(STEP.srcu_read_lock);
  const taken = probeFastMmio(vcpu, exit.gpaHi, exit.gpaLo);
  paths.add(STEP.srcu_read_unlock);
  if (taken) paths.add(blocks.skip);
  return taken;
}
