import { STEP } from '../../cost/steps.ts';
import type { Vcpu } from '../vcpu.ts';

/** What the host CPU that a vCPU gets knows of it. */
export interface Arrival {
  /** Another VMCS or VMCB is current there. */
  readonly loads: boolean;
  /** The vCPU was on another CPU when it ran last. */
  readonly moved: boolean;
}

/** Mitigations of Spectre v2: with any of them the kernel puts a barrier between two vCPUs on one CPU. */
const SPECTRE_V2: readonly string[] = ['retpoline', 'ibrs', 'eibrs', 'eibrs-pbrsb', 'auto-ibrs'];

/** VMWRITEs after a move: TR base, GDTR base, SYSENTER_ESP of the host (vmx_vcpu_load_vmcs). */
const HOST_STATE_WRITES = 3;

/**
 * The thread of a vCPU gives its CPU up because others wait for it: in vcpu_run(), between an exit and the next entry, with kvm->srcu dropped
 * (xfer_to_guest_mode_handle_work, kvm_sched_out, __schedule).
 */
export function schedOut(vcpu: Vcpu): void {
  const { paths, kvm } = vcpu;
  if (kvm.policy.slotsGuard === 'srcu') paths.add(STEP.srcu_read_unlock);
  else if (kvm.policy.slotsGuard === 'slots_lock') paths.add(STEP['up_read.slots_lock']);
  paths.add(STEP.kvm_sched_out);
  vcpu.putFpu();
  paths.add(STEP.__schedule);
}

/** A thread that was scheduled out has a CPU again: what `schedOut` gave up is taken back, up to the next entry. */
export function schedIn(vcpu: Vcpu, arrival: Arrival): void {
  const { paths, kvm } = vcpu;
  paths.add(STEP.kvm_sched_in);
  loadOnCpu(vcpu, arrival);
  if (kvm.policy.slotsGuard === 'srcu') paths.add(STEP.srcu_read_lock);
  else if (kvm.policy.slotsGuard === 'slots_lock') paths.add(STEP['down_read.slots_lock']);
  paths.add(STEP.switch_fpu_return);
}

/**
 * What vmx_vcpu_load() and svm_vcpu_load() do only when another vCPU had the CPU, or when the vCPU has moved: then its VMCS is fetched from the
 * old CPU, and whatever the new one has cached under its tags is flushed (KVM_REQ_TLB_FLUSH; on AMD the vCPU gets a new ASID).
 */
export function loadOnCpu(vcpu: Vcpu, { loads, moved }: Arrival): void {
  const { paths, kvm } = vcpu;
  if (moved && kvm.isIntel) paths.add(STEP.loaded_vmcs_clear);
  if (loads || moved) {
    if (kvm.isIntel) paths.add(STEP.vmx_vcpu_load_vmcs);
    if (kvm.config.mitigations.some((id) => SPECTRE_V2.includes(id))) paths.add(STEP['mitigation.ibpb']);
  }
  if (!moved) return;
  if (kvm.isIntel) {
    paths.addN(STEP['hw.vmwrite'], HOST_STATE_WRITES);
    vcpu.flushNow(true);
  } else if (kvm.config.mmu === 'shadow') vcpu.port.invalidateVpid();
  else vcpu.port.invalidateRoot(vcpu.root);
}
