import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { type Instruction, isRmw, isString, OP } from '../../guest/instruction.ts';
import { REG } from '../../guest/registers.ts';
import { VECTOR } from '../../spec/paging.ts';
import { PFERR, type VmExit } from '../../spec/vm-exit.ts';
import { EMULATED, EMULATOR_STAT } from '../emulate/emulator.ts';
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

/**
 * x86_emulate_instruction with EMULTYPE_ALLOW_RETRY_PF, for a write to a shadowed guest table by an instruction of a kind that does not
 * write page tables: once it is decoded, the page is released from being shadowed, if it can be, and the guest tries again.
 */
export function emulateOrRetry(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  if (vcpu.kvm.reentersOnEmptyBuffer) return KVM_RETRY;
  if (exit.vectoring !== 0 && !vcpu.kvm.checksVectoringAtExit) return vcpu.stop('internal-error-delivery');
  vcpu.emulatorPort.setExit(exit, insn);
  vcpu.emulated = true;
  if (!isEmulated(insn.op)) return vcpu.stop('internal-error-emulation');
  vcpu.emulator.decode(insn);
  if (vcpu.kvm.shadow!.unprotect(vcpu, exit.glaHi, exit.glaLo)) {
    vcpu.rememberRetry(exit.glaHi, exit.glaLo);
    return KVM_RETRY;
  }
  return finish(vcpu, insn, vcpu.emulator.start(insn, vcpu.io));
}

/** x86_emulate_instruction for an exit without a guest-physical address (string PIO). */
export function emulateWithoutGpa(vcpu: Vcpu, insn: Instruction): number {
  vcpu.emulatorPort.clearExit();
  return runEmulator(vcpu, insn);
}

function runEmulator(vcpu: Vcpu, insn: Instruction): number {
  vcpu.emulated = true;
  if (vcpu.kvm.shadow !== null && vcpu.kvm.policy.writeProtectRetry === 'retry_instruction') vcpu.forgetRetry();
  if (!isEmulated(insn.op)) return vcpu.stop('internal-error-emulation');
  if (insn.op === OP.FETCH && !mayFetch(vcpu, insn)) return finish(vcpu, insn, EMULATED.FAULT);
  return finish(vcpu, insn, vcpu.emulator.emulate(insn, vcpu.io));
}

/**
 * kvm_fetch_guest_virt, where the instruction itself stands in a page without memory: under shadow paging its SPTE is reserved, and nobody has
 * looked at the guest's rights yet.
 */
function mayFetch({ emulator, fault, kvm, paths, regs, walk }: Vcpu, { hi, lo }: Instruction): boolean {
  if (kvm.shadow === null) return true;
  if (walk.walk(hi, lo, PFERR.FETCH | (regs.at[REG.CPL] === 3 ? PFERR.U : 0))) return true;
  paths.add(STEP.x86_emulate_instruction);
  paths.add(STEP['x86_decode_insn.fetch']);
  paths.addN(STEP.paging64_walk_addr, walk.levels);
  emulator.stat[EMULATOR_STAT.insn_emulation]!++;
  fault.set(VECTOR.PF, walk.errorCode, hi, lo);
  return false;
}

function finish(vcpu: Vcpu, insn: Instruction, first: number): number {
  let result = first;
  while (result === EMULATED.USERSPACE) {
    askUserspace(vcpu, vcpu.io.isWrite === 0 && vcpu.io.pending === PENDING.MMIO ? 0 : 1);
    result = vcpu.emulator.resume(insn, vcpu.io);
  }
  if (result === EMULATED.FAULT) {
    const { fault, kvm } = vcpu;
    if (fault.vector === VECTOR.PF && isRmw(insn.op) && kvm.policy.rmwFaultsAsWrite) fault.errorCode |= PFERR.W;
    if (vcpu.fault.vector === VECTOR.PF) vcpu.kvm.shadow?.faultInjected(vcpu);
    return KVM_FAULT;
  }
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
  vcpu.putFpu();
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
