import { describe, expect, it } from 'vitest';
import { cpuModels } from '../../core/cost/cpu-models.ts';
import { hypercallExit } from '../../core/cost/exit-frame.ts';
import { STEPS } from '../../core/cost/steps.ts';
import { boxOf2017, costs, steadyPaths, VMEXIT_2017 } from '../driver/vmexit.ts';

/** Ranges of the cheapest exit, docs/cost-model.md. The machine of 2013 has none: what its fit leaves. */
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
  steps.flatMap(([name, times]) => Array.from({ length: times }, () => name));

describe('the box of 2017: Haswell with a VMCALL of 1181', () => {
  const cost = costs(steadyPaths('haswell', '4.15', []), boxOf2017().prices);

  it.each(VMEXIT_2017)('%s within a tenth', (_, exit, after, before) => {
    expect(cost[exit]).toBeGreaterThan(after * 0.9);
    expect(cost[exit]).toBeLessThan(before * 1.1);
  });

  it('emulated port access 948 above fast port access: the figure the work factor of Haswell was chosen by', () => {
    expect(Math.abs((cost.inFromKernel - cost.outToKernel) / 948 - 1)).toBeLessThan(0.02);
  });
});
