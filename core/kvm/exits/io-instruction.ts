import type { Instruction } from '../../guest/instruction.ts';
import type { VmExit } from '../../spec/vm-exit.ts';
import { KVM_NEXT } from '../outcome.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { askUserspace, emulateWithoutGpa } from './emulate-instruction.ts';
import { skipEmulatedInstruction } from './skip.ts';

/** KVM_X86_QUIRK_OUT_7E_INC_RIP: an OUT to this port is skipped before userspace sees it. */
const QUIRK_PORT = 0x7e;

/**
 * handle_io, io_interception: a string goes to the emulator, and in older kernels IN too; else IN and OUT take the fast way, which needs neither decode nor walk. An OUT
 * that nobody took leaves with RIP on it, and is skipped when KVM_RUN comes back and RIP has not moved.
 * (arch/x86/kvm/x86.c, kvm_fast_pio; flows F17 and F18)
 */
export function handleIo(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { emulator, io, kvm } = vcpu;
  vcpu.paths.add(vcpu.blocks.ioInstruction);
  kvm.stats[STAT.io_exits]!++;
  // Exit qualification (SDM vol. 3, "Exit Qualification for I/O Instructions"): size - 1 in 2:0, IN 3, string 4, port 31:16.
  // EXITINFO1 (APM vol. 2, 15.10.2): IN 0, string 2, size one-hot in 6:4, port 31:16.
  const bits = exit.qualification;
  const isString = (bits & (kvm.isIntel ? 16 : 4)) !== 0;
  const size = kvm.isIntel ? (bits & 7) + 1 : (bits >>> 4) & 7;
  const port = bits >>> 16;
  const isIn = (bits & (kvm.isIntel ? 8 : 1)) !== 0;
  if (isString || (isIn && !kvm.fastPioIn)) return emulateWithoutGpa(vcpu, insn);
  if (isIn ? emulator.ports.fastIn(io, port, size, insn.result) : emulator.ports.fastOut(io, port, size, insn.data)) {
    if (isIn) insn.resultWritten = 1;
    return skipEmulatedInstruction(vcpu, exit);
  }
  if (!isIn && port === QUIRK_PORT) {
    const outcome = skipEmulatedInstruction(vcpu, exit);
    if (outcome !== KVM_NEXT) return outcome;
    askUserspace(vcpu, 1);
    emulator.resume(insn, io);
    return KVM_NEXT;
  }
  const moved = askUserspace(vcpu, 0);
  emulator.resume(insn, io);
  return moved ? KVM_NEXT : skipEmulatedInstruction(vcpu, exit);
}
