import { FLAG_LOCK, OP, type Instruction } from '../guest/instruction.ts';
import { RECORD } from '../guest/records.ts';

const WORD = 0x1_0000_0000;

/** High word of a double that holds a 64-bit quantity (negative: two's complement). */
const highWord = (value: number): number => Math.floor(value / WORD) | 0;

/** Fields of a record's header; `header | 0` keeps its low 32 bits. */
export const codeOf = (header: number): number => header & 127;
export const sizeOf = (header: number): number => (header >>> 7) & 31;
export const argsOf = (header: number): number => (header >>> 12) & 15;
export const lineOf = (header: number): number => header >>> 16;

/**
 * Fills `insn` from the record at `at` whose header's low word is `header`. Records that are no instruction (KICK, HOST, LOOP, PAUSE)
 * are the caller's. See core/guest/records.ts for the format.
 */
export function decodeInstruction(header: number, records: Float64Array, at: number, insn: Instruction): void {
  const code = codeOf(header);
  if (code === OP.READ || code === OP.WRITE) {
    const address = records[at + 1]!;
    insn.op = code;
    insn.size = sizeOf(header);
    insn.flags = 0;
    insn.lo = address | 0;
    insn.hi = highWord(address);
    insn.count = 1;
    insn.resultWritten = 0;
    insn.length = 3;
    const data = insn.data;
    if (code === OP.WRITE) {
      const value = records[at + 2]!;
      data[0] = value | 0;
      data[1] = highWord(value);
      data[2] = 0;
      data[3] = 0;
    }
    return;
  }
  if (code >= RECORD.WIDE) decodeOther(code - RECORD.WIDE, sizeOf(header), records, at + 1, 2, insn);
  else decodeOther(code, sizeOf(header), records, at + 1, 1, insn);
}

/** Every other operation; `stride` doubles an argument (2: high word, low word). */
function decodeOther(
  op: number,
  size: number,
  records: Float64Array,
  first: number,
  stride: number,
  insn: Instruction,
): void {
  const high = (n: number): number => (stride === 2 ? records[first + n * 2]! | 0 : highWord(records[first + n]!));
  const low = (n: number): number => records[first + n * stride + stride - 1]! | 0;
  insn.clear(op, size, 0, 0);
  const operand = (n: number): void => {
    insn.data[0] = low(n);
    insn.data[1] = high(n);
    if (size === 16 && stride === 2) {
      // A 16-byte operand is two 64-bit arguments, low half first.
      insn.data[2] = low(n + 1);
      insn.data[3] = high(n + 1);
    }
  };
  const address = (n: number): void => {
    insn.hi = high(n);
    insn.lo = low(n);
  };
  switch (op) {
    case OP.READ:
    case OP.FETCH:
    case OP.INVLPG:
      address(0);
      return;
    case OP.WRITE:
      address(0);
      operand(1);
      return;
    case OP.ADD:
    case OP.OR:
    case OP.AND:
    case OP.XOR:
    case OP.XCHG:
      address(0);
      operand(1);
      insn.flags = FLAG_LOCK;
      return;
    case OP.CMPXCHG:
      address(0);
      operand(1);
      insn.flags = FLAG_LOCK;
      insn.expected[0] = low(2);
      insn.expected[1] = high(2);
      return;
    case OP.OUT:
      insn.lo = low(0);
      insn.port = insn.lo;
      insn.length = 1;
      operand(1);
      return;
    case OP.IN:
      insn.lo = low(0);
      insn.port = insn.lo;
      insn.length = 1;
      return;
    case OP.OUTS:
    case OP.INS:
      insn.port = low(0);
      insn.hi = high(1);
      insn.lo = low(1);
      insn.count = low(2);
      insn.length = 2;
      return;
    case OP.STOS:
      address(0);
      operand(1);
      insn.count = low(2);
      insn.length = 2;
      return;
    case OP.MOVS:
      address(0);
      insn.hi2 = high(1);
      insn.lo2 = low(1);
      insn.count = low(2);
      insn.length = 2;
      return;
    case OP.INVPCID:
      address(0);
      insn.count = low(1);
      return;
    case OP.MOV_CR3:
    case OP.MOV_CR0:
    case OP.MOV_CR4:
    case OP.WRPKRU:
    case OP.XSETBV:
      operand(0);
      return;
    case OP.WRMSR:
      insn.lo = low(0);
      operand(1);
      insn.length = size === 1 ? 9 : 2;
      return;
    default:
      return;
  }
}
