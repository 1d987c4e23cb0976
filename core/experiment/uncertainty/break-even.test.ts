import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepName } from '../../cost/steps.ts';
import { difference } from '../difference.ts';
import { bisect, breakEvenPrices } from './break-even.ts';
import { breakEvenKind, breakEvenShare } from './break-even-share.ts';
import { modelWith, path, runOf } from './fixtures.ts';

const NAMES: StepName[] = ['hw.vmexit', 'kvm_io_bus_cmp', 'x86_decode_insn', 'guest.write', 'eventfd_signal'];

describe('a break-even price', () => {
  it('is where both sides cost the same, and on its two sides another one is cheaper', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 6 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(steps, steps, (one, other) => {
        const model = modelWith();
        const sides = (prices = model): [ReturnType<typeof runOf>, ReturnType<typeof runOf>] => [
          runOf([path(3, ...one)], prices),
          runOf([path(7, ...other)], prices),
        ];
        const [a, b] = sides();
        for (const { step, price } of breakEvenPrices(a, b, difference(a, b).cycles.value)) {
          const at = (cycles: number): number => {
            const [left, right] = sides(modelWith({ [step]: [0, cycles, cycles] }));
            return right.priced.perAccess.value - left.priced.perAccess.value;
          };
          expect(Math.abs(at(price))).toBeLessThan(1e-6 * (1 + price));
          const [below, above] = [at(price * 0.9 - 1), at(price * 1.1 + 1)];
          expect(Math.sign(below)).toBe(-Math.sign(above));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('says whether it lies in the range of the price', () => {
    const model = modelWith({ x86_decode_insn: [100, 150, 400], eventfd_signal: [300, 300, 300] });
    const a = runOf([path(1, ['eventfd_signal', 1])], model);
    const b = runOf([path(1, ['x86_decode_insn', 1])], model);
    const rows = breakEvenPrices(a, b, difference(a, b).cycles.value);
    expect(rows.find(({ step }) => step === 'x86_decode_insn')).toMatchObject({ price: 300, now: 150, inRange: true });
    expect(rows.find(({ step }) => step === 'eventfd_signal')).toMatchObject({ price: 150, inRange: false });
  });
});

describe('a break-even share', () => {
  const model = modelWith({ 'guest.read': [1, 1, 1], 'guest.write': [1, 1, 1], eventfd_signal: [100, 100, 100] });
  const run = (reads: number, writes: number, readCost: number, writeCost: number): ReturnType<typeof runOf> =>
    runOf(
      [
        path(reads, ['guest.read', 1], ['eventfd_signal', readCost]),
        path(writes, ['guest.write', 1], ['eventfd_signal', writeCost]),
      ],
      model,
      {},
      {
        phases: [
          { name: 'reads', counts: [reads, 0] },
          { name: 'kicks', counts: [0, writes] },
        ],
      },
    );

  it('is where the means are equal: runs on both sides of it say so', () => {
    const sides = (reads: number): number => {
      const [a, b] = [run(reads, 1000 - reads, 1, 5), run(reads, 1000 - reads, 7, 2)];
      return b.priced.perAccess.value - a.priced.perAccess.value;
    };
    const found = breakEvenShare(run(100, 900, 1, 5), run(100, 900, 7, 2), 'reads');
    if (!found.ok) throw new Error(found.error);
    expect(found.value).toMatchObject({ what: "phase 'reads'", now: 0.1, above: 'A' });
    // 6 more eventfds a read against 3 fewer a kick.
    expect(found.value.share).toBeCloseTo(1 / 3, 12);
    expect(sides(323)).toBeLessThan(0);
    expect(sides(343)).toBeGreaterThan(0);
  });

  it('of a kind of access is where its phase would be', () => {
    const [a, b] = [run(100, 900, 1, 5), run(100, 900, 7, 2)];
    const [kind, phase] = [breakEvenKind(a, b, 'reads'), breakEvenShare(a, b, 'reads')];
    if (!kind.ok || !phase.ok) throw new Error('not found');
    expect(kind.value).toEqual({ ...phase.value, what: 'reads' });
    const writes = breakEvenKind(a, b, 'writes');
    expect(writes).toMatchObject({ ok: true, value: { share: expect.closeTo(1 - kind.value.share, 12) as number } });
  });

  it.each([
    ['nobody knows', 'sneezes', 'there are reads, writes'],
    ['there is none of', 'faults', 'there are no faults'],
  ])('of a kind that %s is a sentence', (_what, kind, sentence) => {
    const found = breakEvenKind(run(1, 1, 1, 1), run(1, 1, 2, 2), kind);
    expect(found).toMatchObject({ ok: false, error: expect.stringContaining(sentence) as string });
  });

  it('of accesses that only one side makes says nothing', () => {
    const found = breakEvenKind(run(10, 90, 1, 1), run(20, 80, 2, 2), 'reads');
    expect(found).toMatchObject({ ok: false, error: expect.stringContaining('A made 10 reads and B 20') as string });
  });

  it.each([
    ['a phase nobody named', run(1, 1, 1, 1), 'writes', "there is no phase 'writes'; there are reads, kicks"],
    ['a side that is cheaper throughout', run(1, 1, 2, 2), 'reads', "A is cheaper at any share of phase 'reads'"],
    ['sides that cost the same', run(1, 1, 1, 1), 'reads', "both cost the same at any share of phase 'reads'"],
    ['a side without other accesses', run(1, 0, 2, 2), 'reads', "all accesses are of phase 'reads'"],
    ['a side without any', run(0, 1, 2, 2), 'reads', "a side has no access of phase 'reads'"],
    ['no phases', runOf([path(1, ['guest.read', 1])]), 'reads', 'the script names no phases'],
  ])('of %s is a sentence', (_what, b, phase, sentence) => {
    const a = b.result.phases.length === 0 ? b : run(1, 1, 1, 1);
    const found = breakEvenShare(a, b, phase);
    expect(found).toMatchObject({ ok: false, error: expect.stringContaining(sentence) as string });
  });
});

describe('bisection over runs', () => {
  it('closes in on the change of sign', async () => {
    const found = await bisect((at) => Promise.resolve(at * at - 2), 0, 2, 20);
    expect(found!.low).toBeLessThanOrEqual(Math.SQRT2);
    expect(found!.high).toBeGreaterThanOrEqual(Math.SQRT2);
    expect(found!.high - found!.low).toBeLessThan(2 / 2 ** 19);
  });

  it('finds nothing where the sign stays', async () => {
    expect(await bisect(() => Promise.resolve(1), 0, 1, 5)).toBeNull();
  });
});
