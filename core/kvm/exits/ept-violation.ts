import type { Instruction } from '../../guest/instruction.ts';
import { EPT_QUAL, PFERR, type VmExit } from '../../spec/vm-exit.ts';
import type { Vcpu } from '../vcpu.ts';
import { kvmMmuPageFault } from './page-fault.ts';
import { probeFastMmio } from './probe-fast-mmio.ts';
import { skipEmulatedInstruction } from './skip.ts';

const ANY_RIGHT = EPT_QUAL.READABLE | EPT_QUAL.WRITABLE | EPT_QUAL.EXECUTABLE;

/**
 * The error code KVM makes of an exit qualification: user stands for a read, present for any right in the entry. Not made: bits 32 and
 * 33 (the final access, or one to a guest table), which matter only where KVM shadows a nested guest's tables.
 */
const errorOfQualification = (qualification: number): number =>
  ((qualification & EPT_QUAL.READ) !== 0 ? PFERR.U : 0) |
  ((qualification & EPT_QUAL.WRITE) !== 0 ? PFERR.W : 0) |
  ((qualification & EPT_QUAL.FETCH) !== 0 ? PFERR.FETCH : 0) |
  ((qualification & ANY_RIGHT) !== 0 ? PFERR.P : 0);

/**
 * handle_ept_violation. With the RFC of 2015 the FAST_MMIO bus is asked before anything else: for every violation, or only where the
 * qualification says write. (arch/x86/kvm/vmx/vmx.c; seed 001 in docs/references.md)
 */
export function handleEptViolation(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { violationHook } = vcpu.kvm.policy;
  vcpu.paths.add(vcpu.blocks.eptViolation);
  const isWrite = (exit.qualification & EPT_QUAL.WRITE) !== 0;
  if (violationHook === 'head' || (violationHook === 'head-write-only' && isWrite)) {
    if (probeFastMmio(vcpu, exit.gpaHi, exit.gpaLo)) return skipEmulatedInstruction(vcpu, exit);
  }
  return kvmMmuPageFault(vcpu, exit, insn, errorOfQualification(exit.qualification));
}
