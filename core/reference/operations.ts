import { OP } from '../guest/instruction.ts';
import { sameBytes } from './page-store.ts';

/**
 * What a read-modify-write stores: `out` from the old value and the operand; of `out` only the first `size` bytes count. A CMPXCHG whose
 * comparand differs stores the old value again: the write cycle is always made (SDM vol. 2, CMPXCHG).
 */
export function modify(
  op: number,
  size: number,
  old: Int32Array,
  operand: Int32Array,
  comparand: Int32Array,
  out: Int32Array,
): void {
  if (op === OP.CMPXCHG) {
    const equal = sameBytes(old, comparand, size);
    for (let i = 0; i < 4; i++) out[i] = equal ? operand[i]! : old[i]!;
    return;
  }
  let carry = 0;
  for (let i = 0; i < 4; i++) {
    const a = old[i]!;
    const b = operand[i]!;
    if (op === OP.ADD) {
      const sum = (a >>> 0) + (b >>> 0) + carry;
      out[i] = sum;
      carry = sum > 0xffff_ffff ? 1 : 0;
    } else if (op === OP.OR) out[i] = a | b;
    else if (op === OP.AND) out[i] = a & b;
    else if (op === OP.XOR) out[i] = a ^ b;
    else out[i] = b;
  }
}
