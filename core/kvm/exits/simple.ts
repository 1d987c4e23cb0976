import { STAT } from '../stats.ts';
import { KVM_NEXT } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';

/** kvm_emulate_cpuid, then skip. */
export function handleCpuid(vcpu: Vcpu): number {
  vcpu.paths.add(vcpu.blocks.cpuid);
  return KVM_NEXT;
}

/** kvm_emulate_hypercall, then skip. */
export function handleHypercall(vcpu: Vcpu): number {
  vcpu.paths.add(vcpu.blocks.hypercall);
  vcpu.kvm.stats[STAT.hypercalls]!++;
  return KVM_NEXT;
}

/** kvm_emulate_halt. Without an in-kernel APIC an interrupt is taken to be pending: the vCPU does not block. */
export function handleHalt(vcpu: Vcpu): number {
  vcpu.paths.add(vcpu.blocks.halt);
  vcpu.kvm.stats[STAT.halt_exits]!++;
  if (vcpu.apic !== null && !vcpu.apic.hasInterrupt()) vcpu.halted = true;
  return KVM_NEXT;
}
