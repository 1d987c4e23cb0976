import { bigHi, bigLo, wordsToBig } from '../../../base/words.ts';
import { EMULATED } from '../../emulate/emulator.ts';
import { KVM_EXIT } from '../../emulate/kvm-exit.ts';
import type { VcpuIo } from '../../emulate/vcpu-io.ts';
import { Instruction, OP } from '../../../guest/instruction.ts';
import { UnsupportedError } from '../fields.ts';
import type { OracleVm } from '../oracle-vm.ts';
import { type Decoded, decode, type Operand } from './decode.ts';
import { CodeRegisters, REG } from './guest-registers.ts';

/** Where the recorder puts code. */
export const CODE_GPA = 0x1000;
const HLT = 0xf4;
const LONGEST = 15;

/** How a step of the guest ended. */
export const STEPPED = Object.freeze({ GO_ON: 0, EXIT: 1, HALTED: 2, FAILED: 3 });

/** A vCPU that runs short programs: it decodes them itself and leaves every memory and port operand to KVM's emulator. */
export class GuestCpu {
  readonly regs = new CodeRegisters();
  private readonly vm: OracleVm;
  private readonly v: VcpuIo;
  private readonly insn = new Instruction();
  private current: Decoded | undefined;
  /** The instruction under way has had its effect on registers; only userspace has still to see its write. */
  private finished = false;

  constructor(vm: OracleVm, v: VcpuIo) {
    if (vm.ram.narrow) throw new UnsupportedError('an instruction decoder for 16-bit or 32-bit code is needed');
    this.vm = vm;
    this.v = v;
  }

  /** Places code, followed by HLT, where RIP will point. */
  place(code: readonly number[]): void {
    this.regs.rip = CODE_GPA;
    [...code, HLT].forEach((byte, i) => this.vm.buffers.write(this.vm.ram.find(CODE_GPA + i), byte));
  }

  /** True while userspace has not yet answered an exit. */
  get waits(): boolean {
    return this.current !== undefined;
  }

  /** Carries out the next instruction. Returns STEPPED. */
  step(): number {
    const code = this.fetch();
    if (code.length === 0) return STEPPED.FAILED;
    const decoded = decode(code);
    this.current = decoded;
    this.finished = false;
    if (decoded.operand !== undefined) {
      this.load(decoded.operand);
      return this.settle(this.vm.emulator.emulate(this.insn, this.v));
    }
    this.regs.rip += decoded.length;
    decoded.finish(this.regs, 0n);
    this.current = undefined;
    return decoded.halts === true ? STEPPED.HALTED : STEPPED.GO_ON;
  }

  /** Goes on after an exit. Returns STEPPED. */
  resume(): number {
    return this.settle(this.vm.emulator.resume(this.insn, this.v));
  }

  private settle(done: number): number {
    const { v } = this;
    if (done === EMULATED.FAILED || done === EMULATED.FAULT) return STEPPED.FAILED;
    if (v.unmodelledRead === 1) throw new UnsupportedError('a register of a device in the kernel is read');
    const isExit = done === EMULATED.USERSPACE;
    const committed = !isExit || (v.exitReason === KVM_EXIT.MMIO ? v.isWrite === 1 : v.pioIn === 0);
    if (committed && !this.finished) this.finish();
    if (!isExit) this.current = undefined;
    return isExit ? STEPPED.EXIT : STEPPED.GO_ON;
  }

  private finish(): void {
    const { insn, regs } = this;
    const decoded = this.current!;
    const operand = decoded.operand!;
    this.finished = true;
    if (operand.repeat === undefined) {
      regs.rip += decoded.length;
      decoded.finish(regs, BigInt.asUintN(operand.size * 8, wordsToBig(insn.result[1]!, insn.result[0]!)));
      return;
    }
    regs.set(operand.op === OP.OUTS ? REG.RSI : REG.RDI, 8, wordsToBig(insn.hi, insn.lo));
    if (operand.op === OP.MOVS) regs.set(REG.RSI, 8, wordsToBig(insn.hi2, insn.lo2));
    const done = operand.repeat && regs.values[REG.RCX] === 0n;
    if (operand.repeat) regs.set(REG.RCX, 8, BigInt(insn.count));
    if (done || !operand.repeat) regs.rip += decoded.length;
  }

  private load(operand: Operand): void {
    const { insn, regs } = this;
    const at = operand.at(regs);
    insn.clear(operand.op, operand.size, bigHi(at), bigLo(at));
    setWords(insn.data, operand.data?.(regs) ?? 0n);
    setWords(insn.expected, operand.expected?.(regs) ?? 0n);
    if (operand.repeat === undefined) return;
    if (regs.down) throw new UnsupportedError('a string instruction that steps down');
    insn.port = Number(regs.get(REG.RDX, 2));
    insn.hi2 = bigHi(regs.values[REG.RSI]!);
    insn.lo2 = bigLo(regs.values[REG.RSI]!);
    const count = operand.repeat ? regs.values[REG.RCX]! : 1n;
    if (count > 100_000n) throw new UnsupportedError('a string instruction of more than 100000 elements');
    insn.count = Number(count);
  }

  /** Code bytes from RIP on, as far as there is memory; at most one instruction's worth. */
  private fetch(): number[] {
    const bytes: number[] = [];
    for (let i = 0; i < LONGEST; i++) {
      const host = this.vm.ram.find(this.regs.rip + i);
      if (host < 0) break;
      bytes.push(this.vm.buffers.read(host));
    }
    return bytes;
  }
}

function setWords(words: Int32Array, value: bigint): void {
  const unsigned = BigInt.asUintN(64, value);
  words[0] = bigLo(unsigned);
  words[1] = bigHi(unsigned);
}
