import { STEP } from '../../cost/steps.ts';
import type { Instruction } from '../../guest/instruction.ts';
import { MSR } from '../../spec/msr.ts';
import type { Vcpu } from '../vcpu.ts';
import { targetsOf } from './icr.ts';

/** `size` of a WRMSR to TSC_DEADLINE whose value is a number of cycles from now (RDTSC and an addition come before it). */
export const FROM_NOW = 2;

/** WRMSR of a register of the local APIC (kvm_x2apic_msr_write, kvm_set_lapic_tscdeadline_msr). False for any other MSR. */
export function writeApicMsr(vcpu: Vcpu, insn: Instruction): boolean {
  const { apic, paths } = vcpu;
  if (apic === null) return false;
  const low = insn.data[0]!;
  switch (insn.lo >>> 0) {
    case MSR.IA32_TSC_DEADLINE:
      setDeadline(vcpu, insn);
      return true;
    case MSR.X2APIC_ICR:
      paths.add(STEP.kvm_x2apic_icr_write);
      for (const to of targetsOf(vcpu.id, insn.data[1]!, low, vcpu.kvm.vcpus.length))
        vcpu.kvm.sendIpi(vcpu.id, to, low & 0xff);
      return true;
    case MSR.X2APIC_EOI:
      paths.add(STEP.kvm_apic_set_eoi);
      apic.eoi();
      vcpu.events.priorityFell();
      return true;
    case MSR.X2APIC_TPR:
      apic.tpr = low;
      vcpu.events.priorityFell();
      return true;
    case MSR.X2APIC_LVT_TIMER:
      apic.lvtTimer = low;
      return true;
    default:
      return false;
  }
}

/**
 * Arms or (0) disarms the timer; a deadline in the past fires at once. The VMX preemption timer is armed all the same before that is found
 * (start_hv_timer: vmx_set_hv_timer returns `delta_tsc == 0`, from 4.13); an hrtimer is not (start_sw_tscdeadline).
 */
function setDeadline(vcpu: Vcpu, insn: Instruction): void {
  const { paths, apic, kvm } = vcpu;
  const value = insn.data[1]! * 0x1_0000_0000 + (insn.data[0]! >>> 0);
  const now = vcpu.now;
  paths.add(STEP.kvm_set_lapic_tscdeadline_msr);
  apic!.deadline = insn.size === FROM_NOW ? now + value : value;
  if (apic!.deadline === 0) return;
  const passed = apic!.deadline <= now;
  if (kvm.hvTimer) paths.add(STEP.start_hv_timer);
  else if (!passed) paths.add(STEP.start_sw_timer);
  if (passed) vcpu.expireTimer(STEP.kvm_lapic_expired_hv_timer);
}
