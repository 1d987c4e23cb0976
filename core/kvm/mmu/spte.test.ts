import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordsToBig } from '../../base/words.ts';
import * as spte from './spte.ts';

const formats = [spte.eptBits(true), spte.eptBits(false), spte.NPT_BITS];

describe('MMIO SPTE', () => {
  it('of EPT is 110b with bit 63 clear, of NPT present with reserved bit 51', () => {
    const of = (bits: spte.SpteBits) => wordsToBig(spte.mmioSpteHi(bits, 0, 0), spte.mmioSpteLo(bits, 0x3000_0123, 0));
    expect(of(spte.eptBits(true))).toBe(0x3000_0006n);
    expect(of(spte.NPT_BITS)).toBe((1n << 51n) | 0x3000_0007n);
  });

  it('puts generation bits 7:0 in 10:3 and 18:8 in 62:52', () => {
    const bits = spte.eptBits(true);
    const of = (generation: number) =>
      wordsToBig(spte.mmioSpteHi(bits, 0, generation), spte.mmioSpteLo(bits, 0, generation));
    expect(of(0xff)).toBe(6n | (0xffn << 3n));
    expect(of(0x100)).toBe(6n | (1n << 52n));
    expect(of(spte.MMIO_GENERATION_MASK)).toBe(6n | (0xffn << 3n) | (0x7ffn << 52n));
  });

  it('keeps gfn and generation, is recognised, and is never shadow-present', () => {
    const gpa = { hi: fc.integer({ min: 0, max: 0x7ffff }), lo: fc.integer({ min: 0, max: 0xffff_ffff }) };
    fc.assert(
      fc.property(
        fc.constantFrom(...formats),
        fc.record(gpa),
        fc.integer({ min: 0, max: spte.MMIO_GENERATION_MASK }),
        (bits, { hi, lo }, generation) => {
          const entryHi = spte.mmioSpteHi(bits, hi, generation);
          const entryLo = spte.mmioSpteLo(bits, lo, generation);
          expect(spte.isMmioSpte(bits, entryHi, entryLo)).toBe(true);
          expect(spte.isShadowPresent(entryLo)).toBe(false);
          expect(spte.mmioGeneration(entryHi, entryLo)).toBe(generation);
          expect(entryLo >>> 12).toBe(lo >>> 12);
          expect(entryHi & 0x7ffff).toBe(hi);
        },
      ),
    );
  });
});

describe('leaf SPTE', () => {
  it.each(formats.map((bits) => [bits.kind, bits] as const))('%s: rights and software bits', (_, bits) => {
    const lo = (mapWritable: boolean, protect: boolean) =>
      spte.leafSpteLo(bits, 0x1234567, spte.LEVEL.P4K, mapWritable, protect, false);
    const hi = (mapWritable: boolean) => spte.leafSpteHi(bits, 0x1234567, mapWritable);
    expect(spte.frameOf(hi(true), lo(true, false))).toBe(0x1234567);
    expect(spte.isMmioSpte(bits, hi(true), lo(true, false))).toBe(false);
    expect(spte.isWritable(lo(true, false))).toBe(true);
    expect(spte.isWritable(lo(true, true))).toBe(false);
    expect(spte.isMmuWritable(bits, hi(true), lo(true, true))).toBe(true);
    expect(spte.isMmuWritable(bits, hi(false), lo(false, false))).toBe(false);
    expect(spte.madeWritable(bits, lo(true, true))).toBe(lo(true, false));
  });
});
