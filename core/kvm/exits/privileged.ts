import type { Instruction } from '../../guest/instruction.ts';
import { REG } from '../../guest/registers.ts';
import { STEP } from '../../cost/steps.ts';
import { VECTOR } from '../../spec/paging.ts';
import { MSR } from '../../spec/msr.ts';
import type { VmExit } from '../../spec/vm-exit.ts';
import { writeApicMsr } from '../lapic/msr-writes.ts';
import { KVM_FAULT, KVM_RETRY } from '../outcome.ts';
import { putGuestXcr0 } from '../run-loop/lazy-xcr0.ts';
import type { Vcpu } from '../vcpu.ts';
import { skipEmulatedInstruction } from './skip.ts';

/** kvm_emulate_invd, kvm_emulate_wbinvd: nothing is done (no device has non-coherent DMA), then skip. */
export function handleInvd(vcpu: Vcpu, exit: VmExit): number {
  vcpu.paths.add(STEP.kvm_emulate_invd);
  return skipEmulatedInstruction(vcpu, exit);
}

/** handle_preemption_timer where no fastpath loop has answered it: the deadline has passed. The guest goes on where it was. */
export function handlePreemptionTimer(vcpu: Vcpu): number {
  vcpu.expireTimer(STEP.kvm_lapic_expired_hv_timer);
  return KVM_RETRY;
}

/** The guest takes interrupts again, and KVM waited for that. */
export function handleInterruptWindow(vcpu: Vcpu): number {
  vcpu.events.closeWindow();
  return KVM_RETRY;
}

/** kvm_emulate_wrmsr outside the fastpath loop. IA32_XSS is kept; other MSRs without a meaning here are taken. */
export function handleWrmsr(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  vcpu.paths.add(STEP.kvm_emulate_wrmsr);
  if (!writeApicMsr(vcpu, insn) && insn.lo === MSR.IA32_XSS) vcpu.regs.at[REG.XSS] = insn.data[0]!;
  return skipEmulatedInstruction(vcpu, exit);
}

/** kvm_emulate_xsetbv: #GP for a value without x87, or with a state that the host has not (__kvm_set_xcr). */
export function handleXsetbv(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const [value, high] = [insn.data[0]!, insn.data[1]!];
  vcpu.paths.add(STEP.kvm_emulate_xsetbv);
  if (high !== 0 || (value & 1) === 0 || (value & ~vcpu.kvm.xstate.xcr0) !== 0) {
    vcpu.fault.set(VECTOR.GP, 0, 0, 0);
    return KVM_FAULT;
  }
  putGuestXcr0(vcpu);
  vcpu.regs.at[REG.XCR0] = value;
  return skipEmulatedInstruction(vcpu, exit);
}
