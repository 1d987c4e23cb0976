import { STEP } from '../../cost/steps.ts';
import { CR4, EFER, REG } from '../../guest/registers.ts';
import type { Instruction } from '../../guest/instruction.ts';
import { SVM_EXIT, type VmExit } from '../../spec/vm-exit.ts';
import { EMULATOR_STAT } from '../emulate/emulator.ts';
import { setCr0, setCr4 } from '../control-registers.ts';
import { KVM_FAULT, KVM_NEXT } from '../outcome.ts';
import { VECTOR } from '../../spec/paging.ts';
import type { Kvm } from '../kvm.ts';
import type { Vcpu } from '../vcpu.ts';
import { skipEmulatedInstruction } from './skip.ts';

/** Bit 63 of a new CR3 under CR4.PCIDE: keep what is cached of the new PCID. */
const NO_FLUSH_HI = 1 << 31;
const SVM_CR = new Map<number, number>([
  [SVM_EXIT.CR0_WRITE, 0],
  [SVM_EXIT.CR3_WRITE, 3],
  [SVM_EXIT.CR4_WRITE, 4],
]);

/** MOV to CR0, CR3 or CR4: handle_cr (Intel), cr_interception (AMD; without decode assists, or in a kernel that does not use them, the emulator does it). */
export function handleControlRegister(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { kvm, paths } = vcpu;
  const number = kvm.isIntel ? exit.qualification & 15 : SVM_CR.get(exit.reason)!;
  const emulated = !kvm.isIntel && !usesDecodeAssists(kvm);
  if (emulated) emulateSystemInstruction(vcpu);
  else paths.add(vcpu.blocks.controlRegister);
  const value = insn.data[0]!;
  const legal =
    number === 0 ? setCr0(vcpu, value) : number === 4 ? setCr4(vcpu, value) : setCr3(vcpu, insn.data[1]!, value);
  if (!legal) {
    vcpu.fault.set(VECTOR.GP, 0, 0, 0);
    return KVM_FAULT;
  }
  return endSystemInstruction(vcpu, exit, emulated);
}

/** handle_invlpg, invlpg_interception. */
export function handleInvlpg(vcpu: Vcpu, exit: VmExit): number {
  const { kvm, paths } = vcpu;
  const emulated = !kvm.isIntel && !usesDecodeAssists(kvm);
  if (emulated) emulateSystemInstruction(vcpu);
  else paths.add(vcpu.blocks.invlpg);
  kvm.shadow!.invlpg(vcpu, exit.glaHi, exit.glaLo);
  return endSystemInstruction(vcpu, exit, emulated);
}

/** handle_invpcid, invpcid_interception: kvm_handle_invpcid. Type in `size`, PCID in `count`, address in hi and lo. */
export function handleInvpcid(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { paths, regs } = vcpu;
  const { size: type, count: pcid, hi, lo } = insn;
  paths.add(vcpu.blocks.invpcid);
  const pcide = (regs.at[REG.CR4]! & CR4.PCIDE) !== 0;
  if (type > 3 || pcid > 0xfff || (!pcide && pcid !== 0 && type < 2) || (type === 0 && !isCanonical(vcpu, hi))) {
    vcpu.fault.set(VECTOR.GP, 0, 0, 0);
    return KVM_FAULT;
  }
  vcpu.kvm.shadow!.invpcid(vcpu, type, pcid, hi, lo);
  return skipEmulatedInstruction(vcpu, exit);
}

function setCr3(vcpu: Vcpu, hi: number, lo: number): boolean {
  const { at } = vcpu.regs;
  vcpu.paths.add(STEP.kvm_set_cr3);
  if ((at[REG.EFER]! & EFER.LMA) === 0) return vcpu.kvm.shadow!.setCr3(vcpu, 0, lo, false);
  const pcide = (at[REG.CR4]! & CR4.PCIDE) !== 0;
  return vcpu.kvm.shadow!.setCr3(vcpu, pcide ? hi & ~NO_FLUSH_HI : hi, lo, pcide && (hi & NO_FLUSH_HI) !== 0);
}

const usesDecodeAssists = ({ config, policy }: Kvm): boolean => config.cpu.decodeAssists && policy.usesInsnBytes;

/** kvm_emulate_instruction() of a system instruction: AMD without decode assists. */
function emulateSystemInstruction(vcpu: Vcpu): void {
  const { paths } = vcpu;
  paths.add(vcpu.blocks.svmInstruction);
  paths.add(STEP.x86_emulate_instruction);
  vcpu.emulatorPort.clearExit();
  vcpu.emulatorPort.fetchInstruction();
  paths.add(STEP.x86_decode_insn);
  paths.add(STEP.x86_emulate_insn);
  vcpu.emulator.stat[EMULATOR_STAT.insn_emulation]!++;
  vcpu.emulated = true;
}

function endSystemInstruction(vcpu: Vcpu, exit: VmExit, emulated: boolean): number {
  if (!emulated) return skipEmulatedInstruction(vcpu, exit);
  vcpu.paths.add(STEP.emulator_commit);
  return KVM_NEXT;
}

function isCanonical(vcpu: Vcpu, hi: number): boolean {
  const shift = (vcpu.regs.at[REG.CR4]! & CR4.LA57) !== 0 ? 7 : 16;
  return (hi << shift) >> shift === (hi | 0);
}
