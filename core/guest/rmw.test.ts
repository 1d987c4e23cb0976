import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigHi, bigLo, wordsToBig } from '../base/words.ts';
import { Instruction, OP } from './instruction.ts';
import { rmwValue } from './rmw.ts';

const MEANING: Readonly<Record<string, (old: bigint, by: bigint, expected: bigint) => bigint>> = {
  ADD: (old, by) => old + by,
  OR: (old, by) => old | by,
  AND: (old, by) => old & by,
  XOR: (old, by) => old ^ by,
  XCHG: (_old, by) => by,
  CMPXCHG: (old, by, expected) => (old === expected ? by : old),
};

const put = (words: Int32Array, value: bigint): void => {
  words[0] = bigLo(value);
  words[1] = bigHi(value);
};

describe.each(Object.keys(MEANING))('%s', (name) => {
  it('means in words what it means in integers, at every size', () => {
    const value = fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.constantFrom(0n, 1n, 0xffn, 0xffff_ffffn));
    const property = fc.property(value, value, fc.boolean(), fc.constantFrom(1, 2, 4, 8), (left, right, same, size) => {
      const bits = size * 8;
      const old = BigInt.asUintN(bits, left);
      const expected = same ? old : BigInt.asUintN(bits, right);
      const insn = new Instruction();
      insn.clear(OP[name as keyof typeof OP], size, 0, 0);
      put(insn.data, right);
      put(insn.expected, expected);
      const memory = new Int32Array(4);
      const out = new Int32Array(4);
      put(memory, old);
      rmwValue(insn, memory, out);
      const meant = MEANING[name]!(old, BigInt.asUintN(bits, right), expected);
      expect(wordsToBig(out[1]!, out[0]!)).toBe(BigInt.asUintN(bits, meant));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
