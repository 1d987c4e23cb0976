import { describe, expect, it } from 'vitest';
import type { Cited } from '../../core/cost/cpu-model.ts';
import { PCI_TESTDEV_FACTORS, pciTestdev2013, pciTestdevPrices } from '../../core/cost/models/pci-testdev-2013.ts';
import { PCI_TESTDEV_FIGURES, type PciTestdevFigure } from '../../core/cost/pci-testdev.ts';
import type { Factors } from '../../core/cost/prices/price-list.ts';
import { solveFactor } from '../../core/cost/scale.ts';
import { STEP, type StepName } from '../../core/cost/steps.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import { cyclesOf } from '../driver/paths.ts';
import { fastMmioPath, pciTestdevPath } from '../driver/pci-testdev.ts';

const { prices } = pciTestdev2013;
const paths = new Map<PciTestdevFigure, PathResult>(PCI_TESTDEV_FIGURES.map((f) => [f, pciTestdevPath(f)]));
const cycles = (figure: PciTestdevFigure): number => cyclesOf(paths.get(figure)!, prices);
const [portWildcard, portNone, mmioWildcard, , , mmioNone] = PCI_TESTDEV_FIGURES;

/** Which factor each figure sets, in the order of the fit. */
const FITTED = [
  ['frame', portWildcard],
  ['userspace', portNone],
  ['emulation', mmioWildcard],
] as const;
const UNIT: Cited = { value: 1, low: 1, high: 1, kind: 'derived', source: 'the base machine' };

const rounded = (kind: keyof Factors, factors: Factors): [string, ...number[]] => {
  const { value, low, high } = factors[kind];
  return [kind, ...[value, low, high].map((factor) => Math.round(factor * 1e4) / 1e4)];
};

describe('pci-testdev-2013, on the paths the machine takes', () => {
  it.each(PCI_TESTDEV_FIGURES.filter(({ role }) => role === 'fitted'))(
    'meets $id, which it was fitted to: $published',
    (figure) => {
      expect(Math.abs(cycles(figure) / figure.published - 1)).toBeLessThan(0.001);
    },
  );

  it.each(PCI_TESTDEV_FIGURES.filter(({ role }) => role === 'predicted'))(
    'predicts $id within 10 %: $published',
    (figure) => {
      expect(Math.abs(cycles(figure) / figure.published - 1)).toBeLessThan(0.1);
    },
  );

  it('has the three factors that these paths ask for, and no other fitted price', () => {
    const published = { ...PCI_TESTDEV_FACTORS };
    let factors: Factors = { ...published, frame: UNIT, userspace: UNIT, emulation: UNIT };
    for (const [kind, figure] of FITTED) {
      const steps = paths.get(figure)!.steps.map(([name, times]) => ({ step: STEP[name as StepName], times }));
      const target = { ...UNIT, value: figure.published, low: figure.published * 0.97, high: figure.published * 1.03 };
      factors = { ...factors, [kind]: solveFactor(steps, kind, pciTestdevPrices(factors), target, figure.id) };
    }
    expect(FITTED.map(([kind]) => rounded(kind, published))).toEqual(FITTED.map(([kind]) => rounded(kind, factors)));
    for (const [kind] of FITTED) expect(Math.abs(published[kind].value - 1), `${kind} is near 1`).toBeLessThan(0.05);
  });

  it('does not meet 8796 when an MMIO exit costs userspace what a port exit does: the two differ by structure', () => {
    const { 'userspace.dispatch_mmio': mmio, 'userspace.dispatch_pio': port } = prices;
    expect((cycles(mmioNone) - mmio.value + port.value) / 8796).toBeLessThan(0.85);
  });

  it('leaves about 1850 cycles between an emulated kick and a port kick', () => {
    expect(Math.abs(cycles(mmioWildcard) - cycles(portWildcard) - 1850)).toBeLessThan(10);
  });

  it('expects a fast MMIO kick at 1780 to 1840, as cheap as a port kick within 3 %', () => {
    const fast = cyclesOf(fastMmioPath(), prices);
    expect(fast).toBeGreaterThan(1780);
    expect(fast).toBeLessThan(1840);
    expect(fast / 1762).toBeLessThan(1.03);
  });
});
