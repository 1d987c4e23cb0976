import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STEPS } from '../../core/cost/steps.ts';
import { EVENT } from '../../core/events/kinds.ts';
import { OP } from '../../core/guest/instruction.ts';
import { AMD, INTEL, TestVcpu } from '../driver/vcpu.ts';

const BASE = 0x7000_0000_0000n;
const access = fc.record({
  op: fc.constantFrom(OP.READ, OP.READ, OP.WRITE, OP.FETCH, OP.ADD, OP.INVLPG, OP.CPUID),
  page: fc.nat(90),
  offset: fc.constantFrom(0, 8, 60, 4092),
  size: fc.constantFrom(4, 8),
});

function play(vcpu: TestVcpu, accesses: readonly { op: number; page: number; offset: number; size: number }[]): void {
  for (const { op, page, offset, size } of accesses) {
    vcpu.run(op, BASE + BigInt(page * 4096 + offset), size, 1n);
  }
}

function machine(amd: boolean): TestVcpu {
  const vcpu = new TestVcpu({ geometry: amd ? AMD : INTEL, config: { nested: amd ? 'npt' : 'ept' } });
  for (let page = 0; page < 80; page++) vcpu.page(BASE + BigInt(page * 4096));
  return vcpu;
}

const table = (vcpu: TestVcpu): string[] => {
  vcpu.cpu.flushHits();
  return vcpu.paths
    .rows()
    .map(({ steps, count }) => `${count} ${steps.map(({ step, times }) => `${STEPS[step]!.name}*${times}`).join(' ')}`)
    .sort();
};

describe('accounts', () => {
  it('the short ways count what the long way counts: same paths, same clock', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 80 }), fc.boolean(), (accesses, amd) => {
        const short = machine(amd);
        const long = machine(amd);
        long.events.on = true;
        for (let round = 0; round < 3; round++) {
          play(short, accesses);
          play(long, accesses);
        }
        expect(table(short)).toEqual(table(long));
        expect(short.paths.clock).toBe(long.paths.clock);
      }),
      { numRuns: 60 },
    );
  });

  it('the clock is the sum of the paths at their prices, hits included once they are flushed', () => {
    const prices = Float64Array.from(STEPS, (_, id) => id + 0.5);
    const vcpu = new TestVcpu({ prices });
    for (let page = 0; page < 80; page++) vcpu.page(BASE + BigInt(page * 4096));
    for (let i = 0; i < 2000; i++) vcpu.read(BASE + BigInt(((i * 37) % 80) * 4096));
    vcpu.cpu.flushHits();
    const sum = vcpu.paths
      .rows()
      .reduce(
        (total, { steps, count }) => total + count * steps.reduce((s, { step, times }) => s + prices[step]! * times, 0),
        0,
      );
    expect(vcpu.paths.clock).toBe(sum);
  });

  it('every instruction is one path: as many as were executed', () => {
    const vcpu = machine(false);
    for (let i = 0; i < 500; i++) vcpu.read(BASE + BigInt((i % 85) * 4096));
    vcpu.cpu.flushHits();
    expect(vcpu.paths.rows().reduce((n, { count }) => n + count, 0)).toBe(500);
  });
});

describe('a loop in its steady state', () => {
  it('leaves the machine as it found it, and its growth can be multiplied out', () => {
    for (const amd of [false, true]) {
      const once = machine(amd);
      const often = machine(amd);
      for (const vcpu of [once, often]) vcpu.paths.register(vcpu.state);
      const loop = (vcpu: TestVcpu): void => {
        for (let page = 0; page < 4; page++) vcpu.write(BASE + BigInt(page * 4096), 7n);
        vcpu.read(BASE + 79n * 4096n);
      };
      for (const vcpu of [once, often]) for (let i = 0; i < 4; i++) loop(vcpu);
      const before = once.state.snapshot();
      loop(once);
      expect(once.state.sameState(before)).toBe(true);
      once.state.repeatGrowth(before, 99);
      for (let i = 0; i < 100; i++) loop(often);
      expect(table(once)).toEqual(table(often));
      expect(once.paths.clock).toBe(often.paths.clock);
    }
  });
});

describe('events', () => {
  it('tell every load of a walk, with its level and place, then the fill; later the hit', () => {
    const vcpu = machine(false);
    vcpu.events.on = true;
    vcpu.read(BASE);
    const kinds = vcpu.events.list().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === EVENT.hw_guest_entry).length).toBe(4);
    expect(kinds.filter((kind) => kind === EVENT.hw_nested_entry).length).toBe(8);
    expect(kinds.at(-1)).toBe(EVENT.hw_tlb_fill);
    const levels = vcpu.events.list().filter(({ kind }) => kind === EVENT.hw_guest_entry);
    expect(levels.map(({ args }) => args[0])).toEqual([4, 3, 2, 1]);
    vcpu.events.clear();
    vcpu.read(BASE);
    expect(vcpu.events.list().map(({ name }) => name)).toEqual(['hw_tlb_hit']);
    vcpu.events.clear();
    vcpu.run(OP.INVLPG, BASE);
    expect(vcpu.events.list().map(({ name }) => name)).toEqual(['hw_invalidate']);
  });
});
