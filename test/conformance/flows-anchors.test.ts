import { describe, expect, it } from 'vitest';
import { estimated, read } from '../../core/cost/cited.ts';
import { cpuModels } from '../../core/cost/cpu-models.ts';
import type { CpuModel } from '../../core/cost/cpu-model.ts';
import { defineModel } from '../../core/cost/define-model.ts';
import { POINTER_OPS } from '../../core/cost/epochs.ts';
import { hypercallExit } from '../../core/cost/exit-frame.ts';
import { haswell } from '../../core/cost/models/haswell.ts';
import type { Prices } from '../../core/cost/prices/price-list.ts';
import { STEPS } from '../../core/cost/steps.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import { OP } from '../../core/guest/instruction.ts';
import type { MachineDriver } from '../driver/machine-driver.ts';
import { cyclesOf, pathOf } from '../driver/paths.ts';
import { unitTestPc } from '../driver/pci-testdev.ts';

/** Exits of kvm-unit-tests' vmexit.flat: ports of the interrupt controller and of nobody, an I/O APIC register, MMIO of nobody. */
const ELCR = 0x4d0;
const NOBODY = 0x1234;
const IOAPIC = 0xfec0_0000;
const HOLE = 0xfebf_1000;

const EXITS = {
  vmcall: (d: MachineDriver) => d.insn(OP.VMCALL, 0),
  cpuid: (d: MachineDriver) => d.insn(OP.CPUID, 0),
  outToKernel: (d: MachineDriver) => d.insn(OP.OUT, 1, ELCR, 0),
  inFromKernel: (d: MachineDriver) => d.insn(OP.IN, 1, ELCR),
  outToVmm: (d: MachineDriver) => d.insn(OP.OUT, 4, NOBODY, 0),
  inFromVmm: (d: MachineDriver) => d.insn(OP.IN, 4, NOBODY),
  mmioToKernel: (d: MachineDriver) => d.write(4, IOAPIC, 0),
  mmioToVmm: (d: MachineDriver) => d.write(4, HOLE, 0),
};
type ExitName = keyof typeof EXITS;

/** The steady path of each exit: tables filled, their lines in the caches. */
function steadyPaths(cpu: string, kernel: string, mitigations: readonly string[]): Record<ExitName, PathResult> {
  const choice = mitigations.length > 0 ? mitigations.join('+') : 'none';
  const d = unitTestPc({ cpu, kernel, mitigations: choice }).start();
  const steady = (exit: (d: MachineDriver) => unknown): PathResult => {
    for (let warm = 0; warm < 4; warm++) exit(d);
    return pathOf(d, () => exit(d));
  };
  const entries = Object.entries(EXITS).map(([name, exit]) => [name, steady(exit)]);
  return Object.fromEntries(entries) as Record<ExitName, PathResult>;
}

const costs = (paths: Record<ExitName, PathResult>, prices: Prices): Record<ExitName, number> =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, cyclesOf(path, prices)])) as Record<
    ExitName,
    number
  >;

/** Ranges of the cheapest exit, hardware-mmu.md table 3.8. The machine of 2013 has none: what its fit leaves. */
const LX_RANGE: Record<string, readonly [number, number]> = {
  nehalem: [1600, 2400],
  'sandy-bridge': [1400, 1800],
  haswell: [1050, 1300],
  'skylake-sp': [1100, 1560],
  'ice-lake-sp': [1000, 2000],
  'sapphire-rapids': [770, 1300],
  zen1: [1344, 1700],
  zen2: [1344, 1600],
  zen3: [1300, 1600],
  zen4: [1350, 1600],
  'pci-testdev-2013': [1350, 1650],
};

describe.each(cpuModels.map((model) => [model.id, model] as const))('%s', (id, model) => {
  const { frame, kernel, skipReadsTrapFlag } = model.anchors.lxSetting;
  const paths = steadyPaths(id, kernel, frame.mitigations);
  const cost = costs(paths, model.prices);

  it('takes for a VMCALL the steps its run loop was scaled on, at LX', () => {
    const listed = hypercallExit(frame, skipReadsTrapFlag).map(({ step, times }) => [STEPS[step]!.name, times]);
    expect(unmerged(paths.vmcall.steps)).toEqual(unmerged(listed as [string, number][]));
    expect(Math.abs(cost.vmcall - model.anchors.lx.value)).toBeLessThan(2);
    const [low, high] = LX_RANGE[id]!;
    expect(cost.vmcall).toBeGreaterThanOrEqual(low);
    expect(cost.vmcall).toBeLessThanOrEqual(high);
  });

  it('serves no other exit cheaper than LX', () => {
    for (const [name, cycles] of Object.entries(cost)) expect(cycles, name).toBeGreaterThanOrEqual(cost.vmcall);
  });

  // Ports and MMIO alike, except before QEMU dispatched both by the same code. A mitigation may be paid on one side only.
  it.each(id === 'pci-testdev-2013' ? (['out'] as const) : (['out', 'mmio'] as const))(
    'adds UX for a round trip to userspace: %s',
    (kind) => {
      const { ux } = model.anchors;
      const plain = costs(steadyPaths(id, kernel, []), model.prices);
      const added = plain[`${kind}ToVmm`] - plain[`${kind}ToKernel`];
      expect(Math.abs(added / ux.value - 1)).toBeLessThan(0.03);
      expect(added).toBeGreaterThanOrEqual(ux.low);
      expect(added).toBeLessThanOrEqual(ux.high);
    },
  );
});

/** Equal neighbours as single steps, so that lists merged differently compare. */
const unmerged = (steps: readonly (readonly [string, number])[]): string[] =>
  steps.flatMap(([name, times]) => new Array<string>(times).fill(name));

/** vmexit.flat on an unnamed Intel machine, Linux b7ffc44d5b2e of 2017, v4.12. The anchor VMCALL is given, the rest follows. */
describe('the box of 2017: Haswell with a VMCALL of 1181', () => {
  const cost = costs(steadyPaths('haswell', '4.15', []), boxOf2017().prices);

  it.each([
    ['cpuid', cost.cpuid, 1291, 1313],
    ['outl_to_kernel', cost.outToKernel, 1391, 1402],
    ['inl_from_kernel', cost.inFromKernel, 2339, 2435],
    ['inl_from_qemu', cost.inFromVmm, 6209, 6856],
  ])('%s: %d, published %d to %d, within 10 %%', (_, cycles, low, high) => {
    expect(cycles).toBeGreaterThan(low * 0.9);
    expect(cycles).toBeLessThan(high * 1.1);
  });

  it('emulated port access 948 above fast port access: the figure the work factor of Haswell was chosen by', () => {
    expect(Math.abs((cost.inFromKernel - cost.outToKernel) / 948 - 1)).toBeLessThan(0.02);
  });
});

function boxOf2017(): CpuModel {
  const { prices } = haswell;
  const hardware = {
    l1: prices['walk.guest_l1'],
    l2: prices['walk.guest_l2'],
    l3: prices['walk.guest_l3'],
    dram: prices['walk.guest_dram'],
    lock: prices['guest.rmw'],
    stlbHit: prices['guest.dtlb_l2_hit'],
    walkFixed: prices['walk.fixed'],
    vmread: prices['hw.vmread'],
    vmwrite: prices['hw.vmwrite'],
    pf: prices['guest.pf_delivery'],
    iret: prices['guest.iret'],
  };
  return defineModel({
    ...haswell,
    id: 'box-2017',
    hardware,
    work: estimated(0.84, [0.55, 1.15], 'as Haswell'),
    anchors: { ...haswell.anchors, lx: read(1181, 'Linux b7ffc44d5b2e'), lxSetting: POINTER_OPS('intel') },
  });
}
