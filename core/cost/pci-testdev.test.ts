import { describe, expect, it } from 'vitest';
import { BEFORE_FAST_MMIO, FIRST_FAST_MMIO } from './epochs.ts';
import { fastKickFlow, mmioKickFlow, portKickFlow } from './flows.ts';
import { PCI_TESTDEV_FACTORS, pciTestdev2013 } from './models/pci-testdev-2013.ts';
import { PCI_TESTDEV_FIGURES } from './pci-testdev.ts';
import { priceOfSteps } from './price-vector.ts';

const figures = Object.values(PCI_TESTDEV_FIGURES);
const errorOf = ({ flow, published }: (typeof figures)[number]) =>
  priceOfSteps(flow, pciTestdev2013.prices) / published - 1;

describe('pci-testdev-2013', () => {
  it.each(figures.filter(({ role }) => role === 'fitted'))(
    'meets $id, which it was fitted to: $published',
    (figure) => {
      expect(Math.abs(errorOf(figure))).toBeLessThan(0.001);
    },
  );

  it.each(figures.filter(({ role }) => role === 'predicted'))('predicts $id within 10 %: $published', (figure) => {
    expect(Math.abs(errorOf(figure))).toBeLessThan(0.1);
  });

  it('is fitted to no more than three figures, with factors near 1', () => {
    expect(figures.filter(({ role }) => role === 'fitted')).toHaveLength(3);
    for (const { value } of Object.values(PCI_TESTDEV_FACTORS)) expect(Math.abs(value - 1)).toBeLessThan(0.05);
  });

  it('does not meet 8796 when an MMIO exit costs userspace what a port exit does: the two differ by structure', () => {
    const { 'userspace.dispatch_mmio': mmio, 'userspace.dispatch_pio': port } = pciTestdev2013.prices;
    const naive = priceOfSteps(PCI_TESTDEV_FIGURES.mmioNone.flow, pciTestdev2013.prices) - mmio.value + port.value;
    expect(naive / 8796).toBeLessThan(0.85);
  });

  it('leaves about 1850 cycles between an emulated kick and a port kick', () => {
    const setting = BEFORE_FAST_MMIO('intel');
    const gap =
      priceOfSteps(mmioKickFlow(setting), pciTestdev2013.prices) -
      priceOfSteps(portKickFlow(setting), pciTestdev2013.prices);
    expect(Math.abs(gap - 1850)).toBeLessThan(10);
  });

  it('expects a fast MMIO kick at 1780 to 1840, as cheap as a port kick within 3 %', () => {
    const fast = priceOfSteps(fastKickFlow(FIRST_FAST_MMIO('intel')), pciTestdev2013.prices);
    expect(fast).toBeGreaterThan(1780);
    expect(fast).toBeLessThan(1840);
    expect(fast / 1762).toBeLessThan(1.03);
  });
});
