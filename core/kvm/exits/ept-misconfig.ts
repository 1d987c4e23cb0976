import type { Instruction } from '../../guest/instruction.ts';
import { PFERR, type VmExit } from '../../spec/vm-exit.ts';
import { KVM_RETRY } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';
import { answerMmioFault, FULL_FAULT, kvmMmuPageFault } from './page-fault.ts';
import { probeFastMmio } from './probe-fast-mmio.ts';
import { skipEmulatedInstruction } from './skip.ts';

/**
 * handle_ept_misconfig: an MMIO SPTE was met. The exit says the guest-physical address and nothing of the access, so a zero-length
 * ioeventfd there is signalled for whatever it was. (arch/x86/kvm/vmx/vmx.c; flows F1, F3 to F6)
 */
export function handleEptMisconfig(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm } = vcpu;
  vcpu.paths.add(vcpu.blocks.eptMisconfig);
  if (exit.vectoring !== 0) return kvm.checksVectoringAtExit ? vcpu.stop('internal-error-delivery') : KVM_RETRY;
  if (kvm.fastMmioOnMisconfig && (vcpu.guestMode === 0 || !kvm.policy.fastMmioRefusedInL2)) {
    if (probeFastMmio(vcpu, exit.gpaHi, exit.gpaLo)) return skipEmulatedInstruction(vcpu, exit);
  }
  if (kvm.policy.misconfigHandler === 'page-fault') return kvmMmuPageFault(vcpu, exit, insn, PFERR.RSVD);
  const outcome = answerMmioFault(vcpu, exit, insn);
  return outcome === FULL_FAULT ? kvmMmuPageFault(vcpu, exit, insn, 0) : outcome;
}
