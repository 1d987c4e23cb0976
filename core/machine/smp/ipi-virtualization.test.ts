import { describe, expect, it } from 'vitest';
import { type Played, play } from '../../../test/driver/play-script.ts';
import { parseConfigurations, prepare, type Selection } from '../../index.ts';

const INTEL: Selection = { mmus: ['ept'], cpus: ['sapphire-rapids'] };
const AMD: Selection = { mmus: ['npt'], cpus: ['zen4'] };
const SWITCHES = { apicv: true, ipiVirtualization: true };

async function run(body: string, on: Selection, switches = {}): Promise<Played> {
  const played = await play(`vm.ram({ gpa: 0, size: '1 MiB' }); vm.lapic(); vm.vcpus(3);`, body, {
    ...on,
    switches: { ...SWITCHES, ...switches },
  });
  if (typeof played === 'string') throw new Error(played);
  expect(played.error).toBeNull();
  expect(played.result.divergences).toEqual([]);
  expect(played.result.problem).toBeNull();
  return played;
}

/** Steps of one vCPU by name. */
function steps({ result }: Played, vcpu: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { steps: list, count } of result.timed!.vcpus[vcpu]!.paths)
    for (const [name, times] of list) sums[name] = (sums[name] ?? 0) + times * count;
  return sums;
}

const TO_1 = 'cpu.wrmsr(0x830, 0x1_0000_0000n + 0x40n);';
const TO_OTHERS = 'cpu.wrmsr(0x830, (3n << 18n) + 0x40n);';
const answers = (meanwhile: string): string =>
  `(cpu) => { cpu.onInterrupt(0x40, () => { cpu.add(0x1000, 1); }); ${meanwhile} }`;
const asks = (write: string, answered: number, wait = 2000): string =>
  `cpu.write32(0x1000, 0); cpu.together([(cpu) => { cpu.pause(${wait}); ${write} cpu.spinUntil(0x1000, ${answered}); },`;
const RUNS = answers('cpu.pause(100_000);');
const HALTS = answers('cpu.hlt();');

describe.each([
  ['Intel', INTEL],
  ['AMD', AMD],
])('an IPI to a vCPU that runs, on %s', (_vendor, on) => {
  it('takes no exit on either side', async () => {
    const played = await run(`${asks(TO_1, 1)} ${RUNS}]);`, on);
    for (const vcpu of [0, 1]) expect(steps(played, vcpu)['kvm_x2apic_icr_write'] ?? 0).toBe(0);
    expect(steps(played, 0)).toMatchObject({ 'guest.wrmsr': 1, 'guest.virtual_ipi': 1 });
    expect(steps(played, 1)).toMatchObject({ 'guest.irq_delivery': 1 });
    expect(Object.keys(played.result.exits)).not.toContain('MSR_WRITE');
    expect(Object.keys(played.result.exits)).not.toContain('MSR');
  });

  it('exits with the switch off', async () => {
    const played = await run(`${asks(TO_1, 1)} ${RUNS}]);`, on, { ipiVirtualization: false });
    expect(steps(played, 0)['kvm_x2apic_icr_write']).toBe(1);
  });
});

describe('an IPI to a vCPU that sleeps', () => {
  it('on Intel takes no exit: the CPU on which it sleeps gets an interrupt and wakes it', async () => {
    const played = await run(`${asks(TO_1, 1, 200_000)} ${HALTS}]);`, INTEL);
    expect(played.result.exits).toEqual(expect.not.objectContaining({ APIC_WRITE: 1 }));
    expect(steps(played, 0)['kvm_vcpu_wake_up'] ?? 0).toBe(0);
    expect(steps(played, 1)).toMatchObject({ pi_wakeup_handler: 1, 'guest.irq_delivery': 1 });
  });

  it('on AMD leaves the guest, and the sender wakes it', async () => {
    const played = await run(`${asks(TO_1, 1, 200_000)} ${HALTS}]);`, AMD);
    expect(played.result.exits).toMatchObject({ AVIC_INCOMPLETE_IPI: 1 });
    expect(steps(played, 0)).toMatchObject({ avic_incomplete_ipi_interception: 1, kvm_vcpu_wake_up: 1 });
    expect(steps(played, 1)).toMatchObject({ 'guest.irq_delivery': 1 });
    expect(steps(played, 1)['pi_wakeup_handler'] ?? 0).toBe(0);
  });
});

describe('an IPI to all but oneself', () => {
  it('is written to the APIC by an exit on Intel, which sends to one physical destination alone', async () => {
    const played = await run(`${asks(TO_OTHERS, 2)} ${RUNS}, ${RUNS}]);`, INTEL);
    expect(played.result.exits).toMatchObject({ APIC_WRITE: 1 });
    expect(steps(played, 0)['kvm_x2apic_icr_write']).toBe(1);
  });

  it('is sent by AVIC, with an exit for those that sleep alone', async () => {
    const all = await run(`${asks(TO_OTHERS, 2)} ${RUNS}, ${RUNS}]);`, AMD);
    expect(steps(all, 0)['guest.virtual_ipi']).toBe(2);
    expect(Object.keys(all.result.exits)).not.toContain('AVIC_INCOMPLETE_IPI');
    const one = await run(`${asks(TO_OTHERS, 2, 200_000)} ${answers('cpu.pause(400_000);')}, ${HALTS}]);`, AMD);
    expect(one.result.exits).toMatchObject({ AVIC_INCOMPLETE_IPI: 1 });
    expect(steps(one, 0)['kvm_vcpu_wake_up']).toBe(1);
  });
});

describe('an IPI to a vCPU that has lost its CPU', () => {
  const body = `${asks(TO_1, 1, 60_000)} ${answers('cpu.pause(100_000);')}]);`;

  it.each([
    [INTEL, {}],
    [AMD, { AVIC_INCOMPLETE_IPI: 1 }],
  ])('goes in with its next entry: %o', async (on, exits) => {
    const played = await run(body, on, { hostCpus: 1, hostSliceUs: 10 });
    expect(played.result.exits).toMatchObject(exits);
    expect(steps(played, 1)['guest.irq_delivery']).toBe(1);
    for (const woken of ['kvm_vcpu_wake_up', 'kvm_vcpu_kick']) expect(steps(played, 0)[woken] ?? 0).toBe(0);
  });
});

describe('ipiVirtualization', () => {
  it.each([
    [{ cpus: ['skylake-sp'] }, SWITCHES, /^ipiVirtualization: .*Skylake.* sends no IPIs by itself/],
    [
      { cpus: ['sapphire-rapids'] },
      { apicv: false, ipiVirtualization: true },
      /^ipiVirtualization goes with apicv=true/,
    ],
  ])('is refused with a sentence where it cannot be: %o', (on, switches, sentence) => {
    const parsed = parseConfigurations({ mmus: ['ept'], designs: ['userspace'], ...on, switches });
    const run = parsed.ok ? prepare(parsed.value[0]!, []) : parsed;
    expect(run.ok ? '' : run.error).toMatch(sentence);
  });
});
