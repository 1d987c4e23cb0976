import { hexWords } from '../base/words.ts';
import { OP, type Instruction } from '../guest/instruction.ts';

const NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));
const PORT_OPS = new Set<number>([OP.OUT, OP.IN, OP.OUTS, OP.INS]);
const NO_OPERAND = new Set<number>([OP.CPUID, OP.HLT, OP.VMCALL, OP.SET_CPL, OP.SET_AC, OP.INVD, OP.WBINVD]);
const REGISTER_OPS = new Set<number>([OP.MOV_CR0, OP.MOV_CR3, OP.MOV_CR4, OP.WRPKRU, OP.XSETBV]);

/** One instruction in words, e.g. `WRITE of 4 bytes at 0xfe000000`. */
export function describeInstruction(insn: Instruction): string {
  const name = NAMES.get(insn.op) ?? `op ${insn.op}`;
  const times = insn.count > 1 ? ` x ${insn.count}` : '';
  const bytes = `${insn.size} byte${insn.size === 1 ? '' : 's'}`;
  if (NO_OPERAND.has(insn.op)) return name;
  if (REGISTER_OPS.has(insn.op)) return `${name} of ${hexWords(insn.data[1]!, insn.data[0]!)}`;
  if (insn.op === OP.WRMSR)
    return `${name} of ${hexWords(insn.data[1]!, insn.data[0]!)} to MSR 0x${(insn.lo >>> 0).toString(16)}`;
  if (PORT_OPS.has(insn.op)) return `${name} of ${bytes}${times} at port 0x${insn.port.toString(16)}`;
  if (insn.op === OP.INVLPG || insn.op === OP.INVPCID) return `${name} of ${hexWords(insn.hi, insn.lo)}`;
  return `${name} of ${bytes}${times} at ${hexWords(insn.hi, insn.lo)}`;
}
