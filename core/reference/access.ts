import { Instruction, OP } from '../guest/instruction.ts';
import { REG } from '../guest/registers.ts';

/** Registers that decide a translation: those below CR2 and RIP. */
const KEPT = REG.AC + 1;

/**
 * One instruction as it was before the machine carried it out: the machine reuses the record and counts it down, so the reference keeps
 * the inputs.
 */
export class Access {
  op = 0;
  size = 0;
  flags = 0;
  hi = 0;
  lo = 0;
  hi2 = 0;
  lo2 = 0;
  port = 0;
  count = 1;
  /** Script line, 0 unknown. */
  line = 0;
  readonly data = new Int32Array(4);
  readonly expected = new Int32Array(4);
  readonly regs = new Int32Array(KEPT);

  take(insn: Instruction, regs: Int32Array, line: number): void {
    this.op = insn.op;
    this.size = insn.size;
    this.flags = insn.flags;
    this.hi = insn.hi;
    this.lo = insn.lo;
    this.line = line;
    for (let i = 0; i < KEPT; i++) this.regs[i] = regs[i]!;
    if (insn.op === OP.READ) return;
    this.hi2 = insn.hi2;
    this.lo2 = insn.lo2;
    this.port = insn.port;
    this.count = insn.count;
    for (let i = 0; i < 4; i++) this.data[i] = insn.data[i]!;
    if (insn.op === OP.CMPXCHG) for (let i = 0; i < 4; i++) this.expected[i] = insn.expected[i]!;
  }
}
