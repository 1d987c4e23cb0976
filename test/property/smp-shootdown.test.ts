import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunResult, Selection } from '../../core/index.ts';
import { LocalApic } from '../../core/kvm/lapic/local-apic.ts';
import { Vcpu } from '../../core/kvm/vcpu.ts';
import { Invalidation } from '../../core/cpu/invalidate.ts';
import { HostCpus } from '../../core/machine/smp/host-cpus.ts';
import { play } from '../driver/play-script.ts';

// Several vCPUs, random delays between what they do: no IPI is lost, no wake-up is lost, and nobody uses a translation of before a TLB
// shootdown once it has returned. The reference sees every load; a program that waits for ever is a deadlock. Bugs planted in the machine are found.

/** The page table of the first 2 MiB, where vm.paging() puts it: behind PML4, PDPT and PD. */
const TABLES = 0x8_0000;
const PTE_OF = (page: number): number => TABLES + 0x3000 + 8 * page;
/** The page that is moved between two frames; entries with P, R/W, U/S, A, D. */
const PAGE = 0x10;
const FRAMES = [0x20, 0x21];
const entry = (frame: number): number => frame * 0x1000 + 0x67;

const ACKS = 0x1000;
const EPOCH = 0x2000;
const TOUCHED = 0x3000;
const SHOOTDOWN = 0xfd;

interface Plan {
  readonly vcpus: number;
  /** Cycles before each round, of vCPU 0. */
  readonly delays: readonly number[];
  /** What the others do while they wait: spin, halt, exit or compute, by vCPU. */
  readonly idle: readonly ('spin' | 'halt' | 'cpuid' | 'pause')[];
  readonly mmu: 'ept' | 'npt' | 'shadow';
  readonly kernel: '4.15' | '6.18' | '7.0';
  readonly apicv: boolean;
  /** CPUs of the host that the vCPUs share, 0 for one each, and the slice on them in microseconds. */
  readonly hostCpus: number;
  readonly hostSliceUs: number;
  /** The CPU sends IPIs by itself, where it posts them too. */
  readonly ipiVirtualization: boolean;
}

/** vCPU 0 moves the page, and returns from each shootdown before the others look; each round ends when all have looked. */
function shootdowns({ vcpus, delays, idle }: Plan, handler = `cpu.invlpg(${PAGE * 0x1000});`): string {
  const others = vcpus - 1;
  const rounds = delays.map((delay, n) => {
    const next = FRAMES[(n + 1) % 2]!;
    return `cpu.spinUntil(${TOUCHED}, ${others * (n + 1)}); cpu.pause(${delay});
      cpu.write64(${PTE_OF(PAGE)}, ${entry(next)}); cpu.invlpg(${PAGE * 0x1000});
      cpu.wrmsr(0x830, ${SHOOTDOWN} | (3 << 18)); cpu.spinUntil(${ACKS}, ${others * (n + 1)});
      cpu.write32(${EPOCH}, ${n + 1}); cpu.wrmsr(0x830, 0x40 | (3 << 18));`;
  });
  const wait = { spin: '', halt: '', cpuid: 'cpu.cpuid();', pause: 'cpu.pause(3000);' };
  const other = (how: Plan['idle'][number]): string =>
    `(cpu) => { cpu.onInterrupt(${SHOOTDOWN}, () => { ${handler} cpu.add(${ACKS}, 1); });
    ${delays
      .map(
        (_, n) => `cpu.read64(${PAGE * 0x1000}); cpu.add(${TOUCHED}, 1); ${wait[how]}
      cpu.${how === 'halt' ? 'haltUntil' : 'spinUntil'}(${EPOCH}, ${n + 1}); cpu.read64(${PAGE * 0x1000});`,
      )
      .join('\n')} }`;
  return `cpu.write64(${PTE_OF(PAGE)}, ${entry(FRAMES[0]!)}); cpu.invlpg(${PAGE * 0x1000});
  cpu.write64(${FRAMES[0]! * 0x1000}, 1n); cpu.write64(${FRAMES[1]! * 0x1000}, 2n);
  cpu.together([(cpu) => { ${rounds.join('\n')} },
  ${idle.slice(0, others).map(other).join(',\n')}]);
  console.log(cpu.read32(${ACKS}));`;
}

const switchesOf = ({ apicv, hostCpus, hostSliceUs, ipiVirtualization }: Plan): Record<string, boolean | number> => ({
  apicv,
  ...(hostCpus === 0 ? {} : { hostCpus, hostSliceUs }),
  ...(apicv && ipiVirtualization ? { ipiVirtualization } : {}),
});

async function run(plan: Plan, body = shootdowns(plan)): Promise<{ result: RunResult; messages: readonly string[] }> {
  const setup = `vm.paging({ mode: '4-level', tables: ${TABLES} }); vm.ram({ gpa: 0, size: '1 MiB' }); vm.lapic(); vm.vcpus(${plan.vcpus});`;
  const on: Selection = { mmus: [plan.mmu], kernels: [plan.kernel], switches: switchesOf(plan) };
  const played = await play(setup, body, on);
  if (typeof played === 'string') throw new Error(played);
  expect(played.error).toBeNull();
  return played;
}

/** Cycles that a load takes at most. */
const LAST_LOAD = 500;

/** No more is done at a time than there are CPUs of the host: what vCPUs do, and what they spin away, fits into their time. */
function expectHonestTime({ vcpus, hostCpus }: Plan, { timed, clock }: RunResult): void {
  if (hostCpus === 0 || hostCpus >= vcpus) return expect(timed!.hostCpus).toBeUndefined();
  const end = Math.max(...timed!.vcpus.map((vcpu) => vcpu.clock));
  const spun = timed!.vcpus.flatMap(({ waits }) => waits).filter(({ kind }) => kind === 'spins');
  // The script looks at the result when the programs have ended.
  expect(end * hostCpus + LAST_LOAD).toBeGreaterThanOrEqual(spun.reduce((sum, { cycles }) => sum + cycles, clock));
  for (const busy of timed!.hostCpus!.busy) expect(busy).toBeLessThanOrEqual(end);
}

const plans: fc.Arbitrary<Plan> = fc.record({
  vcpus: fc.integer({ min: 2, max: 4 }),
  delays: fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 6 }),
  idle: fc.array(fc.constantFrom('spin', 'halt', 'cpuid', 'pause'), { minLength: 3, maxLength: 3 }),
  mmu: fc.constantFrom('ept', 'npt', 'shadow'),
  kernel: fc.constantFrom('4.15', '6.18', '7.0'),
  apicv: fc.boolean(),
  hostCpus: fc.integer({ min: 0, max: 4 }),
  hostSliceUs: fc.constantFrom(1, 2, 5, 20, 100),
  ipiVirtualization: fc.boolean(),
});

const PLAN: Plan = {
  vcpus: 3,
  delays: [100, 2000, 0, 700],
  idle: ['halt', 'spin', 'pause'],
  mmu: 'ept',
  kernel: '6.18',
  apicv: false,
  hostCpus: 0,
  hostSliceUs: 5,
  ipiVirtualization: false,
};

afterEach(() => void vi.restoreAllMocks());

describe('TLB shootdowns between vCPUs', () => {
  it(
    'return when all have acknowledged, and nobody uses the old translation afterwards',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(plans, async (plan) => {
          const { result, messages } = await run(plan);
          expect(result.problem).toBeNull();
          expect(result.divergences).toEqual([]);
          expect(messages).toEqual([`${(plan.vcpus - 1) * plan.delays.length}`]);
          expectHonestTime(plan, result);
        }),
        { numRuns: 40, seed: 5 },
      );
    },
  );

  it('are the same every time', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        expect((await run(plan)).result).toEqual((await run(plan)).result);
      }),
      { numRuns: 10, seed: 6 },
    );
  });
});

describe('is found out:', () => {
  it('a guest whose handler does not invalidate', async () => {
    const { result } = await run(PLAN, shootdowns(PLAN, ''));
    expect(result.divergences.map(({ kind }) => kind)).toContain('wrong-read');
  });

  it('a CPU that ignores INVLPG', async () => {
    vi.spyOn(Invalidation.prototype, 'address').mockImplementation(() => {});
    const { result } = await run(PLAN);
    expect(result.divergences.length).toBeGreaterThan(0);
  });

  it('an IPI that is lost', async () => {
    const deliver = Vcpu.prototype.deliverInterrupt;
    let count = 0;
    vi.spyOn(Vcpu.prototype, 'deliverInterrupt').mockImplementation(function (this: Vcpu, vector: number) {
      if (++count !== 1) deliver.call(this, vector);
    });
    expect((await run(PLAN)).result.problem?.text).toMatch(/^deadlock: vCPU 0 spins/);
  });

  it('an interrupt that is forgotten when it is posted', async () => {
    vi.spyOn(LocalApic.prototype, 'syncPosted').mockReturnValue(false);
    const plan: Plan = { ...PLAN, apicv: true, idle: ['spin', 'spin', 'spin'] };
    expect((await run(plan)).result.problem?.text).toMatch(/^deadlock/);
  });

  it('a halted vCPU that does not look at its APIC before it blocks', async () => {
    const has = LocalApic.prototype.hasInterrupt;
    // Nothing is seen but by the one who was woken.
    vi.spyOn(LocalApic.prototype, 'hasInterrupt').mockImplementation(function (this: LocalApic) {
      return this.id === 1 ? false : has.call(this);
    });
    expect((await run(PLAN)).result.problem?.text).toMatch(/^deadlock/);
  });
});

/** What of the scheduler a planted bug reaches into. */
const Inside = HostCpus.prototype as unknown as {
  admit(seat: { readonly slept: number }, now: number): boolean;
  readonly queue: unknown[];
};

describe('on one CPU of the host it is found out', () => {
  const CROWDED: Plan = { ...PLAN, hostCpus: 1, idle: ['halt', 'halt', 'halt'] };
  const ends = async (): Promise<string> => (await run(CROWDED)).result.problem?.text ?? 'all end';

  it('that nothing is wrong when nothing is', async () => {
    expect(await ends()).toBe('all end');
  });

  it('when a vCPU that wakes is never queued', async () => {
    const { admit } = Inside;
    vi.spyOn(Inside, 'admit').mockImplementation(function (this: typeof Inside, seat, now) {
      const has = admit.call(this, seat, now);
      if (!has && seat.slept > 0) this.queue.pop();
      return has;
    });
    expect(await ends()).toMatch(/^deadlock/);
  });

  it('when a slice never ends', async () => {
    vi.spyOn(HostCpus.prototype, 'nextEnd', 'get').mockReturnValue(Infinity);
    expect(await ends()).toMatch(/^deadlock: vCPU 0 spins/);
  });
});

describe('what the host takes away', () => {
  const reclaim = (pause: number): string => `cpu.together([
    (cpu) => cpu.repeat(30, () => { cpu.write32(0x5000, 1); cpu.pause(400); }),
    (cpu) => cpu.repeat(30, () => { cpu.read32(0x5000); cpu.add(0x5004, 1); cpu.pause(${pause}); }),
  ], () => { for (let n = 0; n < 6; n++) { cpu.pause(3000); host.reclaim({ gpa: 0x5000, size: 4096 }); } });
  console.log(cpu.read32(0x5004));`;

  it('no vCPU uses any more once KVM has flushed', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 0, max: 2000 }), async (plan, pause) => {
        const { result, messages } = await run({ ...plan, vcpus: 2 }, reclaim(pause));
        expect(result.problem).toBeNull();
        expect(result.divergences).toEqual([]);
        expect(messages).toEqual(['30']);
        expectHonestTime({ ...plan, vcpus: 2 }, result);
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it.each(['ept', 'npt'] as const)('is found out where a vCPU does not flush, on %s', async (mmu) => {
    const flush = Vcpu.prototype.flushNow;
    vi.spyOn(Vcpu.prototype, 'flushNow').mockImplementation(function (this: Vcpu, charged: boolean) {
      if (this.id !== 1) flush.call(this, charged);
    });
    const { result } = await run({ ...PLAN, vcpus: 2, mmu }, reclaim(1500));
    expect(result.divergences.length).toBeGreaterThan(0);
  });
});
