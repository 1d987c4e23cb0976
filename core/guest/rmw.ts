import { type Instruction, OP } from './instruction.ts';

/**
 * What a read-modify-write stores: `out` becomes the new value of the operand that held `old`, both little-endian words of
 * `insn.size` bytes (1, 2, 4 or 8; words above are 0). CMPXCHG that finds another value stores the old one again, as the hardware's
 * and KVM's write cycle does (SDM vol. 2, CMPXCHG: "the destination operand is written back").
 */
export function rmwValue(insn: Instruction, old: Int32Array, out: Int32Array): void {
  const wide = insn.size === 8;
  const keep = insn.size >= 4 ? -1 : (1 << (insn.size * 8)) - 1;
  const lo = old[0]!;
  const hi = wide ? old[1]! : 0;
  const withLo = insn.data[0]!;
  const withHi = wide ? insn.data[1]! : 0;
  let newLo = withLo;
  let newHi = withHi;
  switch (insn.op) {
    case OP.ADD:
      newLo = (lo + withLo) | 0;
      newHi = (hi + withHi + (newLo >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
      break;
    case OP.OR:
      newLo = lo | withLo;
      newHi = hi | withHi;
      break;
    case OP.AND:
      newLo = lo & withLo;
      newHi = hi & withHi;
      break;
    case OP.XOR:
      newLo = lo ^ withLo;
      newHi = hi ^ withHi;
      break;
    case OP.CMPXCHG:
      if (((insn.expected[0]! ^ lo) & keep) !== 0 || (wide && insn.expected[1] !== hi)) {
        newLo = lo;
        newHi = hi;
      }
      break;
    default:
      break;
  }
  out[0] = newLo & keep;
  out[1] = wide ? newHi : 0;
}
