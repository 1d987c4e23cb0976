import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { type Instruction, isString, OP } from '../../guest/instruction.ts';
import { REG } from '../../guest/registers.ts';
import { VECTOR } from '../../spec/paging.ts';
import type { VmExit } from '../../spec/vm-exit.ts';
import { EMULATED } from '../emulate/emulator.ts';
import { KVM_EXIT } from '../emulate/kvm-exit.ts';
import { PENDING } from '../emulate/vcpu-io.ts';
import { KVM_FAULT, KVM_NEXT, KVM_RETRY } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';

/** x86_emulate_instruction for an exit that gave a guest-physical address; userspace is asked as often as the instruction needs. */
export function emulateInstruction(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm } = vcpu;
  if (kvm.reentersOnEmptyBuffer) return KVM_RETRY;
  if (exit.vectoring !== 0 && !kvm.checksVectoringAtExit) return vcpu.stop('internal-error-delivery');
  vcpu.emulatorPort.setExit(exit, insn);
  return runEmulator(vcpu, insn);
}

/** x86_emulate_instruction for an exit without a guest-physical address (string PIO). */
export function emulateWithoutGpa(vcpu: Vcpu, insn: Instruction): number {
  vcpu.emulatorPort.clearExit();
  return runEmulator(vcpu, insn);
}

function runEmulator(vcpu: Vcpu, insn: Instruction): number {
  vcpu.emulated = true;
  if (!isEmulated(insn.op)) return vcpu.stop('internal-error-emulation');
  let result = vcpu.emulator.emulate(insn, vcpu.io);
  while (result === EMULATED.USERSPACE) {
    askUserspace(vcpu, vcpu.io.isWrite === 0 && vcpu.io.pending === PENDING.MMIO ? 0 : 1);
    result = vcpu.emulator.resume(insn, vcpu.io);
  }
  if (result === EMULATED.FAULT) return KVM_FAULT;
  if (result === EMULATED.FAILED) return failed(vcpu);
  return isString(insn.op) ? KVM_RETRY : KVM_NEXT;
}

/**
 * KVM_RUN returns, the VMM serves the exit, KVM_RUN is called again. `ripPast`: RIP is behind the instruction. Returns true when the VMM
 * moved RIP.
 */
export function askUserspace(vcpu: Vcpu, ripPast: number): boolean {
  const { io, paths, recorder } = vcpu;
  const isMmio = io.exitReason === KVM_EXIT.MMIO;
  paths.add(STEP['kvm_vcpu_ioctl.return']);
  if (recorder.on) {
    const length = isMmio ? io.length : io.pioSize;
    recorder.emit(
      EVENT.kvm_userspace_exit,
      io.exitReason,
      length,
      isMmio ? io.physHi : 0,
      isMmio ? io.physLo : io.pioPort,
    );
  }
  paths.add(isMmio ? STEP['userspace.dispatch_mmio'] : STEP['userspace.dispatch_pio']);
  const moved = vcpu.userspace.exit(io, ripPast);
  paths.add(STEP['kvm_vcpu_ioctl.entry']);
  vcpu.emulated = true;
  return moved;
}

/** handle_emulation_failure: #UD for user mode, KVM_EXIT_INTERNAL_ERROR for the guest's kernel. */
function failed(vcpu: Vcpu): number {
  if (vcpu.regs.at[REG.CPL] !== 3) return vcpu.stop('internal-error-emulation');
  vcpu.fault.set(VECTOR.UD, 0, 0, 0);
  return KVM_FAULT;
}

/** Operations the emulator carries out; any other came here through an access of its own that KVM does not emulate. */
const isEmulated = (op: number): boolean => op <= OP.MOVS;
