import { assertNever } from '../base/assert.ts';
import { OP, type Instruction } from '../guest/instruction.ts';

const { ADD, OR, AND, XOR, XCHG, CMPXCHG } = OP;

/**
 * The new value of a read-modify-write: `old` and the operands are little-endian words, `out` receives as many as `size` bytes need. A
 * CMPXCHG that does not match writes the old value back, as the hardware does.
 */
export function modify(insn: Instruction, old: Int32Array, out: Int32Array): void {
  const { op, size, data, expected } = insn;
  const words = (size + 3) >> 2;
  if (op === CMPXCHG) {
    const from = sameBytes(old, expected, size) ? data : old;
    for (let w = 0; w < words; w++) out[w] = from[w]!;
    return;
  }
  let carry = 0;
  for (let w = 0; w < words; w++) {
    const a = old[w]!;
    const b = data[w]!;
    if (op === ADD) {
      const sum = (a >>> 0) + (b >>> 0) + carry;
      out[w] = sum | 0;
      carry = sum > 0xffff_ffff ? 1 : 0;
    } else if (op === OR) out[w] = a | b;
    else if (op === AND) out[w] = a & b;
    else if (op === XOR) out[w] = a ^ b;
    else if (op === XCHG) out[w] = b;
    else assertNever(op as never, 'read-modify-write');
  }
}

/** True when the first `size` bytes are equal. */
function sameBytes(a: Int32Array, b: Int32Array, size: number): boolean {
  for (let w = 0; w * 4 < size; w++) {
    const left = size - w * 4;
    const mask = left >= 4 ? -1 : (1 << (left * 8)) - 1;
    if (((a[w]! ^ b[w]!) & mask) !== 0) return false;
  }
  return true;
}
