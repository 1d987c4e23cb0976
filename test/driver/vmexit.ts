import { estimated, read } from '../../core/cost/cited.ts';
import type { CpuModel } from '../../core/cost/cpu-model.ts';
import { defineModel } from '../../core/cost/define-model.ts';
import { POINTER_OPS } from '../../core/cost/epochs.ts';
import { haswell } from '../../core/cost/models/haswell.ts';
import type { Prices } from '../../core/cost/prices/price-list.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import { OP } from '../../core/guest/instruction.ts';
import type { MachineDriver } from './machine-driver.ts';
import { cyclesOf, pathOf } from './paths.ts';
import { unitTestPc } from './pci-testdev.ts';

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
export type ExitName = keyof typeof EXITS;

/** The steady path of each exit: tables filled, their lines in the caches. */
export function steadyPaths(cpu: string, kernel: string, mitigations: readonly string[]): Record<ExitName, PathResult> {
  const choice = mitigations.length > 0 ? mitigations.join('+') : 'none';
  const d = unitTestPc({ cpu, kernel, mitigations: choice }).start();
  const steady = (exit: (d: MachineDriver) => unknown): PathResult => {
    for (let warm = 0; warm < 4; warm++) exit(d);
    return pathOf(d, () => exit(d));
  };
  const entries = Object.entries(EXITS).map(([name, exit]) => [name, steady(exit)]);
  return Object.fromEntries(entries) as Record<ExitName, PathResult>;
}

export const costs = (paths: Record<ExitName, PathResult>, prices: Prices): Record<ExitName, number> =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, cyclesOf(path, prices)])) as Record<
    ExitName,
    number
  >;

/** The machine behind vmexit.flat's figures in Linux b7ffc44d5b2e (2017, v4.12): Haswell, with the VMCALL measured there. */
export function boxOf2017(): CpuModel {
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

/** vmexit.flat before and after that commit. VMCALL, 1181 after it, is given; the rest follows. */
export const VMEXIT_2017: readonly (readonly [test: string, exit: ExitName, after: number, before: number])[] = [
  ['cpuid', 'cpuid', 1291, 1313],
  ['outl_to_kernel', 'outToKernel', 1391, 1402],
  ['inl_from_kernel', 'inFromKernel', 2339, 2435],
  ['inl_from_qemu', 'inFromVmm', 6209, 6856],
];
