import { describe, expect, it } from 'vitest';
import { type Played, play } from '../../../test/driver/play-script.ts';
import type { Selection } from '../../index.ts';

const setup = (vcpus: number): string => `vm.ram({ gpa: 0, size: '1 MiB' }); vm.lapic(); vm.vcpus(${vcpus});`;

async function run(vcpus: number, body: string, on: Selection = {}): Promise<Played> {
  const played = await play(setup(vcpus), body, on);
  if (typeof played === 'string') throw new Error(played);
  expect(played.error).toBeNull();
  expect(played.result.divergences).toEqual([]);
  return played;
}

/** Steps of one vCPU by name. */
function steps({ result }: Played, vcpu: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { steps: list, count } of result.timed!.vcpus[vcpu]!.paths)
    for (const [name, times] of list) sums[name] = (sums[name] ?? 0) + times * count;
  return sums;
}

const ipi = (to: number, vector = 0x40): string => `cpu.wrmsr(0x830, ${to}n * 0x1_0000_0000n + ${vector}n);`;
/** vCPU 0 sends an IPI and waits until the handler of vCPU 1 has answered through memory; vCPU 1 does this meanwhile. */
const answered = (meanwhile: string, times = 1): string => `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => cpu.repeat(${times}, () => { ${ipi(1)} cpu.spinUntil(0x1000, 1); cpu.write32(0x1000, 0); }),
  (cpu) => { cpu.onInterrupt(0x40, () => { cpu.write32(0x1000, 1); }); ${meanwhile} },
]); console.log(cpu.read32(0x1000));`;

const WITHOUT: Selection = { switches: { apicv: false } };
const WITH: Selection = { switches: { apicv: true } };

describe.each([
  ['ept', '6.18'],
  ['npt', '6.18'],
  ['ept', '4.15'],
] as const)('an IPI on %s, kernel %s', (mmu, kernel) => {
  const on = (switches: Selection): Selection => ({ mmus: [mmu], kernels: [kernel], ...switches });

  it('kicks a vCPU that computes, without APICv: an exit for an external interrupt, and one for the EOI', async () => {
    const played = await run(2, answered('cpu.pause(1_000_000);'), on(WITHOUT));
    expect(played.result.problem).toBeNull();
    expect(played.messages).toEqual(['0']);
    const reason = mmu === 'ept' ? 'EXTERNAL_INTERRUPT' : 'INTR';
    expect(played.result.exits[reason]).toBe(1);
    expect(steps(played, 1)).toMatchObject({ 'guest.irq_delivery': 1, kvm_apic_set_eoi: 1, 'guest.pause': 1_000_000 });
    expect(steps(played, 0)).toMatchObject({ kvm_vcpu_kick: 1, kvm_x2apic_icr_write: 1 });
    // It is interrupted when the IPI comes, not when it has computed all.
    expect(played.result.timed!.vcpus[0]!.clock).toBeLessThan(100_000);
  });

  it('is posted to a vCPU that computes, with APICv or AVIC: no exit', async () => {
    const played = await run(2, answered('cpu.pause(1_000_000);'), on(WITH));
    expect(played.result.problem).toBeNull();
    expect(steps(played, 1)).toMatchObject({ 'guest.irq_delivery': 1, 'guest.wrmsr_eoi': 1, 'guest.pause': 1_000_000 });
    expect(steps(played, 1)['hw.vmexit'] ?? 0).toBe(0);
    expect(played.result.timed!.vcpus[0]!.clock).toBeLessThan(100_000);
  });

  it.each([WITHOUT, WITH])('wakes a vCPU that halts: %o', async (switches) => {
    const body = `cpu.write32(0x1000, 0); cpu.write32(0x2000, 0); cpu.together([
  (cpu) => { cpu.repeat(20, () => { cpu.pause(30_000); ${ipi(1)} cpu.spinUntil(0x1000, 1); cpu.write32(0x1000, 0); });
    cpu.write32(0x2000, 1); ${ipi(1, 0x41)} },
  (cpu) => { cpu.onInterrupt(0x40, () => { cpu.write32(0x1000, 1); }); cpu.haltUntil(0x2000, 1); },
]);`;
    const played = await run(2, body, on(switches));
    expect(played.result.problem).toBeNull();
    // The last store comes before vCPU 1 halts again.
    expect(steps(played, 1)['guest.hlt']).toBe(20);
    expect(steps(played, 1)['guest.irq_delivery']).toBeGreaterThanOrEqual(20);
    const { waits } = played.result.timed!.vcpus[1]!;
    // Polling begins after the first short sleep.
    expect(waits.map(({ symbol }) => symbol)).toEqual(['kvm_vcpu_block', 'kvm_vcpu_halt']);
    expect(waits[0]!.times).toBeLessThan(waits[1]!.times);
  });

  it.each([WITHOUT, WITH])('reaches a vCPU that exits all the time: %o', async (switches) => {
    const played = await run(2, answered('cpu.repeat(400, () => { cpu.cpuid(); });', 20), on(switches));
    expect(played.result.problem).toBeNull();
    expect(steps(played, 1)['guest.irq_delivery']).toBe(20);
  });
});

describe('without vm.lapic()', () => {
  it.each([
    ['haltUntil', 'cpu.repeat(2, () => cpu.haltUntil(0x1000, 1));'],
    ['onInterrupt', 'cpu.onInterrupt(0x40, () => cpu.write32(0x1000, 1));'],
  ])('cpu.%s() says what it needs, with its line', async (name, body) => {
    const played = await play(
      "vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(2);",
      `cpu.together([() => {},\n(cpu) => { ${body} }]);`,
    );
    if (typeof played === 'string') throw new Error(played);
    const { problem } = played.result;
    expect(problem?.text).toBe(`cpu.${name}() needs vm.lapic(): without a local APIC no interrupt arrives`);
    expect(problem?.line).toBeGreaterThan(1);
  });
});

describe('a handler that computes', () => {
  it.each([WITHOUT, WITH])('leaves what it has interrupted its cycles: %o', async (switches) => {
    const body = `cpu.together([
  (cpu) => { cpu.pause(20_000); ${ipi(1)} },
  (cpu) => { cpu.onInterrupt(0x40, () => { cpu.pause(9); }); cpu.pause(80_000); },
]);`;
    expect(steps(await run(2, body, switches), 1)['guest.pause']).toBe(80_009);
  });
});

describe('a vCPU that the host has kicked', () => {
  it.each([WITHOUT, WITH])('is in the guest again when IPIs come, and holds no SRCU: %o', async (switches) => {
    const body = `cpu.write32(0x1000, 0); cpu.together([
  (cpu) => { cpu.pause(20_000); cpu.repeat(5, () => { ${ipi(1)} cpu.pause(10_000); }); },
  (cpu) => { cpu.onInterrupt(0x40, () => { cpu.add(0x1000, 1); }); cpu.pause(500_000); },
], () => { cpu.pause(10_000); host.reclaim({ gpa: 0x1000, size: 4096 });
  for (let n = 0; n < 2; n++) { cpu.pause(5000); host.ioeventfd({ addr: 0xfe00_0000, length: 4, fd: 'a', deassign: n === 1 }); }
}); console.log(cpu.read32(0x1000));`;
    const { result, messages } = await run(2, body, { ...switches, kernels: ['4.15'] });
    expect(messages).toEqual(['5']);
    const waits = result.timed!.host[0]!.waits.filter(({ symbol }) => symbol === '__synchronize_srcu');
    expect(waits.reduce((sum, { cycles }) => sum + cycles, 0)).toBeLessThan(10_000);
  });
});

describe.each(['ept', 'npt'] as const)('an IPI that comes while a handler runs, %s', (mmu) => {
  const on = (switches: Selection): Selection => ({ mmus: [mmu], kernels: ['6.18'], ...switches });
  /** vCPU 1 is in the handler of 0x60 when the second IPI comes. */
  const body = (second: number): string => `cpu.write32(0x1000, 0); cpu.write32(0x2000, 0); cpu.together([
  (cpu) => { ${ipi(1, 0x60)} cpu.spinUntil(0x1000, 1); ${ipi(1, second)} cpu.spinUntil(0x2000, 1); },
  (cpu) => {
    cpu.onInterrupt(0x60, () => { cpu.write32(0x1000, 1); cpu.pause(20_000); });
    cpu.onInterrupt(${second}, () => { cpu.write32(0x2000, 1); });
    cpu.pause(100_000);
  },
]);`;
  const names = mmu === 'ept' ? ['EXTERNAL_INTERRUPT', 'INTERRUPT_WINDOW'] : ['INTR', 'VINTR'];

  it.each([0x40, 0x80])('%i, without APICv: kicked out, and in through the interrupt window', async (second) => {
    const { result } = await run(2, body(second), on(WITHOUT));
    expect(result.problem).toBeNull();
    expect(names.map((name) => result.exits[name])).toEqual([2, 1]);
    // Not before the handler is left.
    expect(result.timed!.vcpus[0]!.clock).toBeGreaterThan(20_000);
  });

  it.each([0x40, 0x80])('%i, with APICv or AVIC: no exit at all', async (second) => {
    const { result } = await run(2, body(second), on(WITH));
    expect(result.problem).toBeNull();
    expect(names.map((name) => result.exits[name])).toEqual([undefined, undefined]);
  });
});

describe('a vCPU that halts', () => {
  it('for ever is told', async () => {
    const { result } = await run(2, 'cpu.together([(cpu) => { cpu.pause(10); }, (cpu) => { cpu.hlt(); }]);');
    expect(result.problem?.text).toBe('deadlock: vCPU 1 halts, and nobody is left to change that');
  });

  it('and one that spins wait for ever together', async () => {
    const { result } = await run(
      2,
      'cpu.write32(0x1000, 0); cpu.together([(cpu) => { cpu.spinUntil(0x1000, 1); }, (cpu) => { cpu.hlt(); }]);',
    );
    expect(result.problem?.text).toBe('deadlock: vCPU 0 spins, vCPU 1 halts, and nobody is left to change that');
  });

  it.each([WITHOUT, WITH])('does not sleep over an IPI, whenever it comes: %o', async (switches) => {
    // 40 times vCPU 1 is on its way into HLT while vCPU 0 stores and sends, each time a bit later.
    const rounds = Array.from({ length: 40 }, (_, n) => n + 1);
    const sender = rounds.map(
      (n) => `cpu.pause(${n * 120}); cpu.write32(0x1000, ${n}); ${ipi(1)} cpu.spinUntil(0x2000, ${n});`,
    );
    const target = rounds.map((n) => `cpu.pause(1000); cpu.haltUntil(0x1000, ${n}); cpu.write32(0x2000, ${n});`);
    const body = `cpu.together([(cpu) => { ${sender.join('\n')} }, (cpu) => { ${target.join('\n')} }]); console.log(cpu.read32(0x2000));`;
    const { result, messages } = await run(2, body, switches);
    expect(result.problem).toBeNull();
    expect(messages).toEqual(['40']);
  });

  it('is woken by its timer', async () => {
    const { result } = await run(
      1,
      'cpu.wrmsr(0x832, 0x50); cpu.together([(cpu) => { cpu.tscDeadline(50_000); cpu.hlt(); }]);',
    );
    expect(result.problem).toBeNull();
    const [vcpu] = result.timed!.vcpus;
    expect(vcpu!.clock).toBeGreaterThan(50_000);
    expect(vcpu!.clock).toBeLessThan(70_000);
  });
});
