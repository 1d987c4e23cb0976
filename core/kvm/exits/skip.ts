import { STEP } from '../../cost/steps.ts';
import { EXIT_REASON, type VmExit } from '../../spec/vm-exit.ts';
import { EMULATOR_STAT } from '../emulate/emulator.ts';
import { KVM_NEXT } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';

/**
 * kvm_skip_emulated_instruction: RIP moves behind the instruction, whatever it was; its result stays unwritten. Intel takes the length
 * the CPU left in the VMCS, blindly, except after an EPT misconfiguration on a host that is itself a guest (from 4.15): there it decodes.
 * AMD takes the next RIP where the VMCB has one, and decodes where not.
 */
export function skipEmulatedInstruction(vcpu: Vcpu, exit: VmExit): number {
  const { kvm } = vcpu;
  if (kvm.isIntel) {
    if (exit.reason === EXIT_REASON.EPT_MISCONFIG && kvm.skipsByDecode) return skipByDecoding(vcpu);
    vcpu.paths.add(vcpu.blocks.skip);
    return exit.instructionLength === 0 ? vcpu.stop('skip-by-garbage') : KVM_NEXT;
  }
  if (exit.nextRipValid === 0) return skipByDecoding(vcpu);
  vcpu.paths.add(vcpu.blocks.skip);
  return KVM_NEXT;
}

/** kvm_emulate_instruction(EMULTYPE_SKIP): fetched and decoded, not executed. */
function skipByDecoding(vcpu: Vcpu): number {
  vcpu.paths.add(STEP.x86_emulate_instruction);
  vcpu.emulatorPort.fetchInstruction();
  vcpu.paths.add(STEP.x86_decode_insn);
  vcpu.paths.add(STEP.skip_emulated_instruction);
  vcpu.emulator.stat[EMULATOR_STAT.insn_emulation]!++;
  vcpu.emulated = true;
  return KVM_NEXT;
}
