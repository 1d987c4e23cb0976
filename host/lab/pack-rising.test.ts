import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PackedColumn } from '../contract/lab.ts';
import { packRising } from './pack-rising.ts';

const CELLS = { 16: Uint16Array, 32: Uint32Array, 64: Float64Array };

/** The numbers of a packed column, as the contract says it. */
function unpack({ start, unit, bits, data }: PackedColumn): number[] {
  const cells = new CELLS[bits](Uint8Array.from(Buffer.from(data, 'base64')).buffer);
  return [...cells].map((cell) => start + unit * cell);
}
const pack = (values: readonly number[], unit = 1) => packRising(new Float64Array(values), unit);

describe('a packed column', () => {
  it.each<[string, number[], number, PackedColumn['bits']]>([
    ['nothing', [], 1, 16],
    ['numbers of accesses', [7, 7, 7, 8, 9, 65_542], 1, 16],
    ['a loop that was multiplied out', [1, 2, 65_538], 1, 32],
    ['sixteenths of a cycle', [2 ** 40 + 1 / 16, 2 ** 40 + 1 / 8, 2 ** 40 + 4000], 1 / 16, 16],
    ['the widest that 32 bits hold', [0, 2 ** 32 - 1], 1, 32],
    ['one more', [0, 2 ** 32], 1, 64],
    ['thirds', [1 / 3, 2 / 3, 1], 1 / 16, 64],
    ['sixteenths beyond what a double has', [2 ** 53, 2 ** 53 + 2], 1 / 16, 16],
    ['what falls', [5, 4], 1, 64],
    ['what falls in the middle', [5, 4, 6], 1, 64],
    ['no number', [0, Number.NaN, 2], 1, 64],
  ])('holds %s', (_what, values, unit, bits) => {
    const packed = pack(values, unit);
    expect(unpack(packed)).toEqual(values);
    expect(packed.bits).toBe(bits);
  });

  it('gives back every number as it was', () => {
    const step = fc.oneof(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 0, max: 2 ** 33 }),
      fc.integer({ min: 0, max: 80_000 }).map((sixteenths) => sixteenths / 16),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 1 / 16), (steps, unit) => {
        let at = 0;
        const values = steps.map((by) => (at += by));
        expect(unpack(pack(values, unit))).toEqual(values);
      }),
    );
  });
});
