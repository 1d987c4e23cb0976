import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventInjection } from '../../core/kvm/run-loop/inject-events.ts';
import { play } from '../driver/play-script.ts';

const RUNS = 15;
const SETUP = `vm.ram({ gpa: 0, size: '1 MiB' }); vm.lapic(); vm.vcpus(3);`;

interface Traffic {
  /** Cycles that each sender computes before each of its interrupts. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Cycles that each handler computes, so that the other's interrupt comes while it runs. */
  readonly handlers: readonly [number, number];
  readonly vectors: readonly [number, number];
  /** The target halts, or computes. */
  readonly halts: boolean;
}

const pauses = fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 6 });
const vector = fc.integer({ min: 0x20, max: 0xef });
const traffic: fc.Arbitrary<Traffic> = fc.record({
  first: pauses,
  second: pauses,
  handlers: fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 5000 })),
  vectors: fc.tuple(vector, vector).filter(([a, b]) => a !== b),
  halts: fc.boolean(),
});

/** Two vCPUs interrupt a third, each waiting for the answer of its own handler before it goes on. */
function script({ first, second, handlers, vectors, halts }: Traffic): string {
  const sender = (n: 0 | 1, waits: readonly number[]): string =>
    waits
      .map(
        (cycles) =>
          `cpu.pause(${cycles}); cpu.wrmsr(0x830, 2n * 0x1_0000_0000n + ${vectors[n]}n); cpu.spinUntil(${0x1000 * (n + 1)}, 1); cpu.write32(${0x1000 * (n + 1)}, 0);`,
      )
      .join('\n');
  const done = (n: 0 | 1): string => `cpu.write32(${0x8000 + 0x1000 * n}, 1);`;
  const handler = (n: 0 | 1): string =>
    `cpu.onInterrupt(${vectors[n]}, () => { cpu.pause(${handlers[n]}); cpu.write32(${0x1000 * (n + 1)}, 1); });`;
  const ends = halts
    ? `cpu.haltUntil(0x8000, 1); cpu.haltUntil(0x9000, 1);`
    : `cpu.spinUntil(0x8000, 1); cpu.spinUntil(0x9000, 1);`;
  // The last interrupt of each is for who halts.
  const wake = (n: 0 | 1): string =>
    `cpu.wrmsr(0x830, 2n * 0x1_0000_0000n + ${vectors[n]}n); cpu.spinUntil(${0x1000 * (n + 1)}, 1);`;
  return `[0x1000, 0x2000, 0x8000, 0x9000].forEach((at) => cpu.write32(at, 0));
cpu.together([
  (cpu) => { ${sender(0, first)} ${done(0)} ${wake(0)} },
  (cpu) => { ${sender(1, second)} ${done(1)} ${wake(1)} },
  (cpu) => { ${handler(0)} ${handler(1)} ${ends} cpu.pause(40_000); },
]);`;
}

describe.each([
  ['ept', true],
  ['ept', false],
  ['npt', true],
  ['npt', false],
] as const)('two senders and one handler that runs, %s, APICv %s', (mmu, apicv) => {
  it('lose no interrupt and no wake-up', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(traffic, async (one) => {
        const played = await play(SETUP, script(one), { mmus: [mmu], kernels: ['6.18'], switches: { apicv } });
        if (typeof played === 'string') throw new Error(played);
        expect(played.result.problem).toBeNull();
        expect(played.result.divergences).toEqual([]);
        const taken = played.result.timed!.vcpus[2]!.paths.reduce(
          (sum, { steps, count }) => sum + (steps.some(([name]) => name === 'guest.irq_delivery') ? count : 0),
          0,
        );
        // Each is answered before the next is sent, so none can merge with another.
        expect(taken).toBe(one.first.length + one.second.length + 2);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('is found out:', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('a CPU that does not exit at the interrupt window', async () => {
    vi.spyOn(EventInjection.prototype, 'opensWindow').mockImplementation(function (this: EventInjection) {
      this.interruptsOff = false;
      return false;
    });
    const one: Traffic = { first: [0], second: [2000], handlers: [9000, 0], vectors: [0x40, 0x80], halts: false };
    const on = { mmus: ['ept'] as const, kernels: ['6.18'], switches: { apicv: false } };
    const played = await play(SETUP, script(one), on);
    if (typeof played === 'string') throw new Error(played);
    expect(played.result.problem?.text).toMatch(/^deadlock/);
  });
});
