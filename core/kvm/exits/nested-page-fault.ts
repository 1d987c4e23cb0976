import type { Instruction } from '../../guest/instruction.ts';
import { PFERR, type VmExit } from '../../spec/vm-exit.ts';
import { KVM_RETRY } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';
import { kvmMmuPageFault } from './page-fault.ts';
import { probeFastMmio } from './probe-fast-mmio.ts';
import { skipEmulatedInstruction } from './skip.ts';

/**
 * npf_interception. From 7.0 a fault with RSVD asks the FAST_MMIO bus, outside L2 and only with a next RIP to skip to. The RFC of 2015
 * asked it for every #NPF. (arch/x86/kvm/svm/svm.c; flows F2 and F12)
 */
export function handleNestedPageFault(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm } = vcpu;
  const { violationHook } = kvm.policy;
  const error = exit.qualification;
  vcpu.paths.add(vcpu.blocks.nestedPageFault);
  if (violationHook === 'head' || (violationHook === 'head-write-only' && (error & PFERR.W) !== 0)) {
    if (probeFastMmio(vcpu, exit.gpaHi, exit.gpaLo)) return skipEmulatedInstruction(vcpu, exit);
  }
  if (kvm.policy.fastMmioOnNpf && (error & PFERR.RSVD) !== 0 && vcpu.guestMode === 0) {
    if (exit.vectoring !== 0) return KVM_RETRY;
    const canSkip = exit.nextRipValid !== 0 || !kvm.policy.nextRipRequired;
    if (canSkip && probeFastMmio(vcpu, exit.gpaHi, exit.gpaLo)) return skipEmulatedInstruction(vcpu, exit);
  }
  return kvmMmuPageFault(vcpu, exit, insn, error);
}
