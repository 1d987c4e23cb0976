import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ICR, isFastIcr, isSimpleIcr, singleTarget, targetsOf } from './icr.ts';
import { LocalApic } from './local-apic.ts';

describe('LocalApic', () => {
  it('gives the highest vector first and the next only after EOI or of a higher class', () => {
    const apic = new LocalApic(0);
    for (const vector of [0x31, 0x52, 0x35]) expect(apic.deliver(vector)).toBe(true);
    expect(apic.deliver(0x31)).toBe(false);
    expect(apic.acceptOne()).toBe(0x52);
    expect(apic.hasInterrupt()).toBe(false);
    apic.deliver(0x61);
    expect(apic.acceptOne()).toBe(0x61);
    expect([apic.eoi(), apic.eoi(), apic.eoi()]).toEqual([0x61, 0x52, -1]);
    expect(apic.acceptOne()).toBe(0x35);
    expect(apic.acceptOne()).toBe(-1);
  });

  it('holds back a class at or below TPR', () => {
    const apic = new LocalApic(0);
    apic.tpr = 0x40;
    apic.deliver(0x4f);
    expect(apic.acceptOne()).toBe(-1);
    apic.tpr = 0x30;
    expect(apic.acceptOne()).toBe(0x4f);
  });

  it('refuses vectors below 16', () => expect(new LocalApic(0).deliver(15)).toBe(false));

  it('notifies once for all that is posted until it is looked at', () => {
    const apic = new LocalApic(0);
    expect([apic.post(0x41), apic.post(0x42), apic.post(0x41)]).toEqual([true, false, false]);
    expect(apic.nextVector()).toBe(-1);
    expect(apic.hasInterrupt()).toBe(true);
    expect([apic.syncPosted(), apic.syncPosted()]).toEqual([true, false]);
    expect([apic.acceptOne(), apic.post(0x43)]).toEqual([0x42, true]);
  });

  it('fires a deadline once, when it has passed, and not while masked', () => {
    const apic = new LocalApic(0);
    apic.deadline = 100;
    expect(apic.expire(200)).toBe(true);
    expect(apic.hasInterrupt()).toBe(false);
    apic.lvtTimer = 0xec;
    apic.deadline = 300;
    expect([apic.expire(299.5), apic.expire(300), apic.expire(300)]).toEqual([false, true, false]);
    expect(apic.acceptOne()).toBe(0xec);
  });

  it('loses no vector, in whatever order they come and are taken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ vector: fc.integer({ min: 16, max: 255 }), post: fc.boolean() })),
        (arrivals) => {
          const apic = new LocalApic(0);
          for (const { vector, post } of arrivals)
            if (post) apic.post(vector);
            else apic.deliver(vector);
          apic.syncPosted();
          const taken: number[] = [];
          for (let vector = apic.acceptOne(); vector >= 0; vector = apic.acceptOne()) {
            taken.push(vector);
            apic.eoi();
          }
          expect(taken).toEqual([...new Set(arrivals.map(({ vector }) => vector))].sort((a, b) => b - a));
        },
      ),
    );
  });
});

describe('ICR', () => {
  it.each([
    ['a number', 1, 0x40, 1, [1], true, true],
    ['nobody', 9, 0x40, -1, [], true, true],
    ['self', 0, 0x40 | ICR.SELF, 2, [2], true, false],
    ['all but self', 0, 0x40 | ICR.ALL_BUT_SELF, -1, [0, 1, 3], false, false],
    ['all', 0, 0x40 | ICR.ALL_INCLUDING, -1, [0, 1, 3, 2], false, false],
    ['broadcast', -1, 0x40, -1, [0, 1, 3, 2], false, false],
    ['logical', 0b1010, 0x40 | ICR.LOGICAL, -1, [1, 3], true, false],
    ['NMI', 1, 0x400, -1, [], true, false],
  ])('to %s', (_, hi, lo, single, targets, fast, simple) => {
    expect(singleTarget(2, hi, lo, 4)).toBe(single);
    expect(targetsOf(2, hi, lo, 4)).toEqual(targets);
    expect([isFastIcr(hi, lo), isSimpleIcr(hi, lo)]).toEqual([fast, simple]);
  });
});
