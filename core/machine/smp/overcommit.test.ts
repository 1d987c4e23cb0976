import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Played, play } from '../../../test/driver/play-script.ts';
import type { Selection } from '../../index.ts';
import { SpinAhead } from './spin-ahead.ts';

async function run(vcpus: number, body: string, on: Selection = {}): Promise<Played> {
  const played = await play(`vm.ram({ gpa: 0, size: '8 MiB' }); vm.lapic(); vm.vcpus(${vcpus});`, body, on);
  if (typeof played === 'string') throw new Error(played);
  expect(played.error).toBeNull();
  expect(played.result.divergences).toEqual([]);
  return played;
}

/** So many CPUs of the host, and slices of so many microseconds. */
const share = (hostCpus: number, hostSliceUs = 10, on: Selection = {}): Selection => ({
  ...on,
  switches: { ...on.switches, hostCpus, hostSliceUs },
});

/** Steps of one vCPU by name. */
function steps({ result }: Played, vcpu: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { steps: list, count } of result.timed!.vcpus[vcpu]!.paths)
    for (const [name, times] of list) sums[name] = (sums[name] ?? 0) + times * count;
  return sums;
}

/** Cycles waited by one vCPU, by symbol. */
const waited = ({ result }: Played, vcpu: number): Record<string, number> =>
  Object.fromEntries(result.timed!.vcpus[vcpu]!.waits.map(({ symbol, cycles }) => [symbol, cycles]));

const endOf = ({ result }: Played): number => Math.max(...result.timed!.vcpus.map(({ clock }) => clock));

const compute = (vcpus: number, cycles: number): string =>
  `cpu.together([${Array.from({ length: vcpus }, () => `(cpu) => cpu.pause(${cycles})`).join(', ')}]);`;

const ipi = (to: number): string => `cpu.wrmsr(0x830, ${to}n * 0x1_0000_0000n + 0x40n);`;

describe('two vCPUs that compute on one CPU of the host', () => {
  const body = compute(2, 290_000);

  it('take turns, a slice each, and end when all their work is done one after the other', async () => {
    const played = await run(2, body, share(1));
    for (const vcpu of [0, 1]) {
      const { preempted } = played.result.timed!.vcpus[vcpu]!.scheduling!;
      expect(preempted).toBeGreaterThan(8);
      expect(steps(played, vcpu)).toMatchObject({
        'guest.pause': 290_000,
        kvm_sched_out: preempted,
        kvm_sched_in: preempted,
        handle_external_interrupt_irqoff: preempted,
        vmx_vcpu_load_vmcs: preempted + vcpu,
      });
    }
    expect(endOf(played)).toBe(played.result.clock);
    expect(played.result.timed!.hostCpus!.busy).toEqual([played.result.clock]);
  });

  it('wait about as long as the other one runs', async () => {
    const played = await run(2, body, share(1));
    const [first, second] = played.result.timed!.vcpus;
    expect(waited(played, 1)['schedule']).toBeGreaterThan(290_000);
    expect(first!.clock - waited(played, 0)['schedule']!).toBeGreaterThan(290_000);
    expect(second!.clock).toBe(played.result.clock);
  });

  it('do not meet when the first has done its work within its slice', async () => {
    const played = await run(2, body, share(1, 1000));
    expect(played.result.timed!.vcpus.map(({ scheduling }) => scheduling!.preempted)).toEqual([0, 0]);
    expect(steps(played, 0)).toEqual({ 'guest.pause': 290_000 });
  });

  it('run as without the switch when each has a CPU, and the result says so', async () => {
    const [plain, two] = [await run(2, body), await run(2, body, share(2))];
    expect(two.result.timed).toEqual(plain.result.timed);
    expect(two.result.notes.map(({ what }) => what)).toEqual([
      'hostCpus 2 changes nothing: each of the 2 vCPUs has a CPU of its own',
    ]);
  });
});

describe('three vCPUs on two CPUs', () => {
  it.each(['ept', 'npt', 'shadow'] as const)(
    'move from one to the other, which costs their translations: %s',
    async (mmu) => {
      const body = `cpu.together([${[1, 2, 3]
        .map((n) => `(cpu) => cpu.repeat(40, () => { cpu.read64(0x${n}00000); cpu.pause(5000); })`)
        .join(', ')}]);`;
      const played = await run(3, body, share(2, 5, { mmus: [mmu] }));
      const { vcpus } = played.result.timed!;
      const moved = vcpus.reduce((sum, { scheduling }) => sum + scheduling!.moved, 0);
      const cleared = vcpus.reduce((sum, { id }) => sum + (steps(played, id)['loaded_vmcs_clear'] ?? 0), 0);
      expect(moved).toBeGreaterThan(5);
      expect(cleared).toBe(mmu === 'npt' ? 0 : moved);
      // Each move takes a walk that would have been a hit.
      const walks = (p: Played): number =>
        p.result.timed!.vcpus.reduce((sum, { id }) => sum + steps(p, id)['walk.fixed']!, 0);
      expect(walks(played)).toBeGreaterThan(walks(await run(3, body, { mmus: [mmu] })) + 3);
    },
  );

  it('leave no CPU idle while one of them waits', async () => {
    const played = await run(3, compute(3, 290_000), share(2));
    const { busy } = played.result.timed!.hostCpus!;
    expect(busy[0]! + busy[1]!).toBe(played.result.clock);
    // The last slice is all that the two can differ by.
    expect(Math.abs(busy[0]! - busy[1]!)).toBeLessThan(2 * 29_000 + 20_000);
  });
});

describe('a vCPU that halts on a CPU for which others wait', () => {
  const body = `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => { cpu.repeat(5, () => { cpu.pause(20_000); ${ipi(1)} cpu.pause(20_000); }); cpu.write32(0x1000, 1); ${ipi(1)} },
  (cpu) => { cpu.onInterrupt(0x40, () => {}); cpu.haltUntil(0x1000, 1); },
]);`;

  it('gives the CPU up without polling, and is queued when it is woken', async () => {
    const played = await run(2, body, share(1, 50));
    expect(played.result.problem).toBeNull();
    expect(waited(played, 1)).toMatchObject({ kvm_vcpu_block: expect.any(Number), schedule: expect.any(Number) });
    expect(waited(played, 1)).not.toHaveProperty('kvm_vcpu_halt');
    expect(steps(played, 0)['kvm_vcpu_wake_up']).toBeGreaterThan(0);
    expect(played.result.timed!.vcpus[1]!.scheduling!.slept).toBeGreaterThan(0);
    // Its time is what it did, slept and waited.
    const [, second] = played.result.timed!.vcpus;
    const own = played.result.clock - (second!.clock - second!.waits.reduce((sum, { cycles }) => sum + cycles, 0));
    expect(own).toBeGreaterThan(5 * 40_000);
  });
});

describe('a vCPU that sleeps until its timer fires', () => {
  it('is queued at its deadline', async () => {
    const body = `cpu.wrmsr(0x832, 0x50); cpu.together([
  (cpu) => cpu.pause(200_000),
  (cpu) => { cpu.wrmsr(0x832, 0x50); cpu.tscDeadline(60_000); cpu.hlt(); },
]);`;
    const played = await run(2, body, share(1, 50));
    expect(played.result.problem).toBeNull();
    const [, second] = played.result.timed!.vcpus;
    expect(waited(played, 1)).toMatchObject({ kvm_vcpu_block: expect.any(Number), schedule: expect.any(Number) });
    // The first slice of the other one is over at 145,000 at the earliest, the second vCPU's deadline before.
    expect(second!.clock).toBeGreaterThan(145_000);
    expect(second!.scheduling!.slept).toBe(1);
  });
});

describe('an IPI to a vCPU that is scheduled out', () => {
  it.each([true, false])('needs no kick and goes in with its next entry, apicv %s', async (apicv) => {
    const body = `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => { cpu.pause(40_000); ${ipi(1)} cpu.spinUntil(0x1000, 1); },
  (cpu) => { cpu.onInterrupt(0x40, () => { cpu.write32(0x1000, 1); }); cpu.pause(100_000); },
]);`;
    const played = await run(2, body, share(1, 10, { switches: { apicv } }));
    expect(played.result.problem).toBeNull();
    expect(steps(played, 0)['kvm_vcpu_kick'] ?? 0).toBe(0);
    expect(steps(played, 1)['guest.irq_delivery']).toBe(1);
    expect(steps(await run(2, body, { switches: { apicv: false } }), 0)['kvm_vcpu_kick']).toBe(1);
  });
});

describe('locks', () => {
  it('of the guest: a holder that loses its CPU has the others spin their slices away', async () => {
    const body = `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => { cpu.pause(60_000); cpu.write32(0x1000, 1); },
  (cpu) => { cpu.spinUntil(0x1000, 1); },
]);`;
    const rounds = async (on: Selection): Promise<number> => steps(await run(2, body, on), 1)['guest.spin']!;
    const { scheduling } = (await run(2, body, share(1))).result.timed!.vcpus[1]!;
    expect(scheduling!.preempted).toBe(2);
    // It spins two whole slices, and would have spun for as long as the holder computes.
    expect(await rounds(share(1))).toBeLessThan(await rounds({}));
  });

  it('of the host: nobody loses its CPU while it holds mmu_lock, so on one CPU nobody waits for it', async () => {
    const faults = (id: number): string =>
      `(cpu) => { for (let n = 0; n < 64; n++) cpu.write32(${0x10_0000 * (id + 1)} + 4096 * n, 1); }`;
    const body = `cpu.together([${[0, 1, 2, 3].map(faults).join(', ')}]);`;
    const on: Selection = { kernels: ['4.15'] };
    const symbols = ({ result }: Played): string[] => [
      ...new Set(result.timed!.vcpus.flatMap(({ waits }) => waits.map(({ symbol }) => symbol as string))),
    ];
    expect(symbols(await run(4, body, on))).toEqual(['queued_spin_lock_slowpath']);
    expect(symbols(await run(4, body, share(1, 5, on)))).toEqual(['schedule']);
    expect(symbols(await run(4, body, share(2, 5, on))).sort()).toEqual(['queued_spin_lock_slowpath', 'schedule']);
  });
});

describe('rounds of a spin loop', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    [1, {}],
    [2, {}],
    [2, { evictEvery: 97 }],
  ])('that are multiplied out count as if they had been carried out: %i CPUs, %o', async (cpus, switches) => {
    const body = `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => { cpu.pause(2_000_000); cpu.write32(0x1000, 1); },
  (cpu) => { cpu.spinUntil(0x1000, 1); cpu.add(0x1004, 1); cpu.spinUntil(0x1004, 2); },
  (cpu) => { cpu.spinUntil(0x1000, 1); cpu.add(0x1004, 1); },
]);`;
    const spun = vi.spyOn(SpinAhead.prototype, 'spun');
    const ahead = await run(3, body, share(cpus, 200, { switches }));
    expect(spun.mock.results.some(({ value }) => value === true)).toBe(!('evictEvery' in switches));
    spun.mockReturnValue(false);
    expect(await run(3, body, share(cpus, 200, { switches }))).toEqual(ahead);
  });
});

describe('vCPUs that wait for ever', () => {
  it('are found also when they take turns', async () => {
    const body =
      'cpu.write32(0x1000, 0); cpu.together([(cpu) => cpu.spinUntil(0x1000, 1), (cpu) => cpu.spinUntil(0x1000, 2)]);';
    const { result } = await run(2, body, share(1));
    expect(result.problem?.text).toBe('deadlock: vCPU 0 spins, vCPU 1 spins, and nobody is left to change that');
  });
});

describe('hostCpus', () => {
  it.each([
    [1, 'cpu.read32(0x1000);', 'hostCpus 1 changes nothing: there is one vCPU'],
    [2, 'cpu.read32(0x1000);', 'hostCpus 1 changes nothing: the vCPUs never run at the same time (cpu.together)'],
  ])('says why it changes nothing: %i vCPUs', async (vcpus, body, note) => {
    const { result } = await run(vcpus, body, share(1));
    expect(result.notes.map(({ what }) => what)).toEqual([note]);
  });
});
