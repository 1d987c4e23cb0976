import { describe, expect, it } from 'vitest';
import { operandsOf, type RawAccess } from './bare-groups.ts';

const PAGE_END = 0xd000_1000;
const write = (at: number, length: number): RawAccess => ({
  kind: 'write',
  at: BigInt(at),
  bytes: Array<number>(length).fill(1),
});
const hex = (code: string): number[] => (code.match(/../g) ?? []).map((pair) => parseInt(pair, 16));

/** Lengths of the operands that writes of these lengths, one after the other, came from. */
function joined(code: string, from: number, ...lengths: number[]): number[] {
  let at = from;
  const raw = lengths.map((length) => {
    at += length;
    return write(at - length, length);
  });
  return operandsOf(raw, hex(code)).map((operand) =>
    'at' in operand && 'bytes' in operand ? operand.bytes.length : 0,
  );
}

describe('operands behind raw accesses', () => {
  it.each<[string, string, number, number[], number[]]>([
    ['a store across the page end', '8902', PAGE_END - 2, [2, 2], [4]],
    ['one of 8 bytes', '488902', PAGE_END - 3, [3, 5], [8]],
    ['two stores in one page', '48890248894208', PAGE_END - 64, [8, 8], [8, 8]],
    ['a 16-byte store', '0f1102', PAGE_END - 64, [8, 8], [16]],
    ['a 16-byte store across the page end', '0f1102', PAGE_END - 4, [4, 8, 4], [16]],
    ['SGDT', '0f0102', PAGE_END - 64, [8, 2], [10]],
    ['REP STOSD', 'f3ab', PAGE_END - 64, [4, 4, 4], [4, 4, 4]],
    ['REP STOSQ', 'f348ab', PAGE_END - 64, [8, 8], [8, 8]],
    ['REP STOSD with an element across the page end', 'f3ab', PAGE_END - 6, [4, 2, 2, 4], [4, 4, 4]],
    ['REP STOSB up to the page end', 'f3aa', PAGE_END - 1, [1, 1], [1, 1]],
  ])('%s', (_what, code, from, lengths, operands) => {
    expect(joined(code, from, ...lengths)).toEqual(operands);
  });

  it('an INS batch takes the writes of its destination with it', () => {
    const batch: RawAccess = { kind: 'in', port: 0x500, size: 1, count: 12, bytes: [] };
    const operands = operandsOf(
      [batch, write(0xd000_0000, 8), write(0xd000_0008, 4), write(0xd000_000c, 4)],
      hex('f36c'),
    );
    expect(operands.map(({ kind }) => kind)).toEqual(['ins', 'write']);
    expect(operands[0]).toMatchObject({ at: 0xd000_0000n, count: 12 });
    expect(operandsOf([batch], hex('f36c'))).toEqual([{ kind: 'ins', port: 0x500, size: 1, count: 12, at: undefined }]);
  });
});
