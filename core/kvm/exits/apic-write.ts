import { STEP } from '../../cost/steps.ts';
import type { Instruction } from '../../guest/instruction.ts';
import { AVIC_IPI, type VmExit } from '../../spec/vm-exit.ts';
import { targetsOf } from '../lapic/icr.ts';
import { writeApicMsr } from '../lapic/msr-writes.ts';
import { KVM_NEXT } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';

/** handle_apic_write: an ICR write that the CPU does not send by itself. The exit comes behind the instruction: nothing is skipped. */
export function handleApicWrite(vcpu: Vcpu, _exit: VmExit, insn: Instruction): number {
  vcpu.paths.add(STEP['hw.vmread']);
  writeApicMsr(vcpu, insn);
  return KVM_NEXT;
}

/**
 * avic_incomplete_ipi_interception: the write is done as without AVIC where its kind is none that AVIC knows; targets that do not run have the
 * interrupt in their IRR and are woken if they sleep (avic_kick_target_vcpus). (arch/x86/kvm/svm/avic.c)
 */
export function handleIncompleteIpi(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm, paths, id } = vcpu;
  paths.addN(STEP['hw.vmcb_access'], 4);
  paths.add(STEP.avic_incomplete_ipi_interception);
  if (exit.qualification !== AVIC_IPI.TARGET_NOT_RUNNING) {
    writeApicMsr(vcpu, insn);
    return KVM_NEXT;
  }
  const low = insn.data[0]!;
  for (const to of targetsOf(id, insn.data[1]!, low, kvm.vcpus.length))
    if (kvm.ipis?.isRunning(to) === false) kvm.sendIpi(id, to, low & 0xff);
  return KVM_NEXT;
}
