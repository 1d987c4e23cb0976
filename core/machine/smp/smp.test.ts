import { describe, expect, it } from 'vitest';
import { type Played, play } from '../../../test/driver/play-script.ts';
import type { Selection } from '../../index.ts';

const setup = (vcpus: number): string => `vm.ram({ gpa: 0, size: '16 MiB' }); vm.vcpus(${vcpus});`;

async function run(vcpus: number, body: string, on: Selection = {}): Promise<Played> {
  const played = await play(setup(vcpus), body, on);
  if (typeof played === 'string') throw new Error(played);
  expect(played.error).toBeNull();
  expect(played.result.problem).toBeNull();
  expect(played.result.divergences).toEqual([]);
  return played;
}

/** Cycles waited by symbol, over all vCPUs and the VMM. */
function waits({ result }: Played): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { waits: list } of [...result.timed!.vcpus, ...result.timed!.host])
    for (const { symbol, cycles } of list) sums[symbol] = (sums[symbol] ?? 0) + cycles;
  return sums;
}

const sumOf = (list: readonly { cycles: number }[]): number => list.reduce((sum, { cycles }) => sum + cycles, 0);

/** So many vCPUs fault in pages of their own, each 64. */
const faults = (vcpus: number): string =>
  `cpu.together([${Array.from(
    { length: vcpus },
    (_, id) => `(cpu) => { for (let n = 0; n < 64; n++) cpu.write32(${0x10_0000 * (id + 1)} + 4096 * n, 1); }`,
  ).join(',\n')}]);`;

describe('vCPUs that fault at the same time', () => {
  it('of the TDP MMU hold mmu_lock for reading, and nobody waits', async () => {
    expect(waits(await run(4, faults(4), { kernels: ['7.0'] }))).toEqual({});
  });

  it('of a kernel with a spinlock queue for it', async () => {
    expect(Object.keys(waits(await run(4, faults(4), { kernels: ['4.15'] })))).toEqual(['queued_spin_lock_slowpath']);
  });

  it('of the shadow MMU queue for the rwlock as writers: mostly for its wait_lock, once there are three', async () => {
    const contended = waits(await run(4, faults(4), { mmus: ['shadow'], kernels: ['7.0'] }));
    expect(Object.keys(contended).sort()).toEqual(['queued_spin_lock_slowpath', 'queued_write_lock_slowpath']);
    const two = waits(await run(2, faults(2), { mmus: ['shadow'], kernels: ['7.0'] }));
    expect(Object.keys(two)).toEqual(['queued_write_lock_slowpath']);
  });

  it('end when their own cycles and their waits are over', async () => {
    const { result } = await run(4, faults(4), { mmus: ['shadow'], kernels: ['7.0'] });
    const first = await run(1, 'cpu.together([() => {}]);');
    expect(first.result.timed!.vcpus[0]!.clock).toBe(0);
    for (const { clock, waits: list, instructions } of result.timed!.vcpus) {
      const waited = list.reduce((sum, { cycles }) => sum + cycles, 0);
      expect(instructions).toBe(64);
      expect(clock).toBeGreaterThan(waited);
    }
    // vCPU 0 does nothing but its program: its ledger and its waits are its time.
    const [zero] = result.timed!.vcpus;
    const waited = zero!.waits.reduce((sum, { cycles }) => sum + cycles, 0);
    const others = result.timed!.vcpus.slice(1).map(({ clock, waits: list }) => clock - sumOf(list));
    expect(zero!.clock).toBe(result.clock - others.reduce((sum, own) => sum + own, 0) + waited);
    expect(result.accesses).toBe(4 * 64);
  });

  it('wait for the VMM that takes pages away under mmu_lock', async () => {
    const body = `cpu.together(
  [(cpu) => { for (let n = 0; n < 256; n++) cpu.write32(0x100000 + 4096 * n, 1); }],
  () => { for (let n = 0; n < 20; n++) { cpu.pause(3000); host.reclaim({ gpa: 0x100000, size: '256 KiB' }); } },
);`;
    const played = await run(1, body, { kernels: ['7.0'] });
    const [vcpu] = played.result.timed!.vcpus;
    expect(vcpu!.waits.map(({ symbol }) => symbol)).toEqual(['queued_read_lock_slowpath']);
    expect(vcpu!.waits[0]!.times).toBeGreaterThan(3);
  });
});

describe('a kick', () => {
  /** Steps by name of vCPU 0. */
  const steps = ({ result }: Played): Record<string, number> => {
    const sums: Record<string, number> = {};
    for (const { steps: list, count } of result.paths)
      for (const [name, times] of list) sums[name] = (sums[name] ?? 0) + times * count;
    return sums;
  };
  const slot = `() => { host.createSlot({ slot: 5, gpa: 0x80000000, size: '1 MiB' }); }`;

  it('brings a vCPU out that computes', async () => {
    const played = await run(1, `cpu.together([(cpu) => { cpu.pause(200000); cpu.pause(10); }], ${slot});`);
    expect(steps(played)).toMatchObject({ 'hw.vmexit': 1, 'hw.vmentry': 1 });
  });

  it('finds a vCPU out that is in KVM, which costs no exit of its own', async () => {
    const played = await run(1, `cpu.together([(cpu) => { cpu.cpuid(); cpu.pause(1000000); }], ${slot});`);
    expect(steps(played)).toMatchObject({ 'hw.vmexit': 1, 'hw.vmentry': 1 });
  });
});

describe('kvm->srcu of a device that comes up', () => {
  const bringUp = (pause: number): string => `cpu.together([(cpu) => { cpu.read32(0x1000); }], () => {
  host.ioeventfd({ addr: 0xfe000000, length: 4, fd: 'a' });
  cpu.pause(${pause});
  host.createSlot({ slot: 5, gpa: 0x80000000, size: '1 MiB' });
});`;
  /** Milliseconds the VMM waited, at 2.9 GHz. */
  const stalled = async (body: string, kernel: string): Promise<number> =>
    (waits(await run(1, body, { kernels: [kernel], cpus: ['sapphire-rapids'] }))['__synchronize_srcu'] ?? 0) / 2.9e6;

  it('stalls a memslot change right after an assign for milliseconds, from 6.18 on', async () => {
    const ms = await stalled(bringUp(0), '6.18');
    expect(ms).toBeGreaterThan(4);
    expect(ms).toBeLessThan(12);
  });

  it('does not stall 200 ms later', async () => {
    expect(await stalled(bringUp(200 * 2.9e6), '6.18')).toBe(0);
  });

  it('does not stall where the registration waits itself', async () => {
    // Only for the vCPU that is out of the guest just then.
    expect(await stalled(bringUp(0), '4.15')).toBeLessThan(0.1);
  });
});

describe('slots_lock', () => {
  it('is queued for by threads of the VMM', async () => {
    const body = `cpu.together([() => {}], [
  () => { host.ioeventfd({ addr: 0xfe000000, length: 4, fd: 'a' }); },
  () => { host.createSlot({ slot: 5, gpa: 0x80000000, size: '1 MiB' }); },
]);`;
    const { result } = await run(1, body, { kernels: ['6.18'] });
    expect(result.timed!.host[1]!.waits.map(({ symbol }) => symbol)).toEqual([
      '__mutex_lock_slowpath',
      '__synchronize_srcu',
    ]);
  });
});
