import { derived, estimated } from '../cited.ts';
import { intelFeatures } from '../define-model.ts';
import { LAZY_XCR0 } from '../epochs.ts';
import { hypercallExit } from '../exit-frame.ts';
import { PCI_TESTDEV_SOURCE } from '../pci-testdev.ts';
import { priceOfSteps } from '../price-vector.ts';
import { priceList } from '../prices/price-list.ts';
import { sandyBridge } from './sandy-bridge.ts';
import type { Cited, CpuModel } from '../cpu-model.ts';
import type { Hardware } from '../prices/hardware.ts';
import type { Factors, Prices } from '../prices/price-list.ts';

const SPLIT = `estimate: a split of ${PCI_TESTDEV_SOURCE} that sums to its 1762`;
const SB = sandyBridge.prices;

/** The CPU is not named: caches and faults of Sandy Bridge; exit, entry and VMREAD by the split. */
const HARDWARE: Hardware = {
  vendor: 'intel',
  l1: SB['walk.guest_l1'],
  l2: SB['walk.guest_l2'],
  l3: SB['walk.guest_l3'],
  dram: SB['walk.guest_dram'],
  lock: SB['guest.rmw'],
  stlbHit: SB['guest.dtlb_l2_hit'],
  walkFixed: SB['walk.fixed'],
  hwx: estimated(800, [700, 900], SPLIT),
  vmread: estimated(25, [20, 60], SPLIT),
  vmwrite: estimated(30, [20, 60], SPLIT),
  pf: SB['guest.pf_delivery'],
  iret: SB['guest.iret'],
};

const SETTING = LAZY_XCR0('intel');

/** Userspace exit over in-kernel emulation, in vmcalls: 13337 / 3898 in 2012, 3870 / 1181 in 2017. */
const USERSPACE_PER_VMCALL: Cited = derived(
  3.35,
  [3.28, 3.42],
  'kvm-unit-tests 00bfecaa (2012), Linux b7ffc44d5b2e (2017)',
);

/** What multiplies the base prices so that the machine's own paths meet three of the six figures; bounds: those figures 3 % off. */
const fitted = (value: number, range: readonly [number, number], figure: string): Cited =>
  derived(value, range, `${figure} of ${PCI_TESTDEV_SOURCE}; solved by test/conformance/flows-pci-testdev.test.ts`);

/** Three figures, three factors; near 1, because the base prices were written down for this machine. */
export const PCI_TESTDEV_FACTORS: Factors = {
  frame: fitted(0.9888, [0.8706, 1.1071], 'portio-wildcard-eventfd'),
  userspace: fitted(1, [0.9574, 1.0426], 'portio-no-eventfd'),
  emulation: fitted(1.0024, [0.9453, 1.0595], 'mmio-wildcard-eventfd'),
  work: estimated(1, [0.8, 1.2], 'the base machine'),
};

/** Prices of this machine under other factors, as the fit needs them. */
export const pciTestdevPrices = (factors: Factors): Prices => priceList(HARDWARE, factors);

/** The VMM's work for an MMIO exit: not fitted on 8796, but the rest of 3.35 vmcalls after entry and return. */
function dispatchMmio(prices: Prices): Partial<Prices> {
  const vmcall = priceOfSteps(hypercallExit(SETTING.frame, SETTING.skipReadsTrapFlag), prices);
  const ioctl = prices['kvm_vcpu_ioctl.return'].value + prices['kvm_vcpu_ioctl.entry'].value;
  const dispatch = USERSPACE_PER_VMCALL.value * vmcall - ioctl;
  return {
    'userspace.dispatch_mmio': estimated(
      dispatch,
      [prices['userspace.dispatch_pio'].value, dispatch * 1.3],
      `${USERSPACE_PER_VMCALL.value} vmcalls (${USERSPACE_PER_VMCALL.source}) less entry and return; low: no dearer than a port exit`,
    ),
  };
}

const prices = priceList(HARDWARE, PCI_TESTDEV_FACTORS, dispatchMmio(pciTestdevPrices(PCI_TESTDEV_FACTORS)));

/** The unnamed machine behind the pci-testdev figures of 2013. */
export const pciTestdev2013: CpuModel = {
  id: 'pci-testdev-2013',
  name: 'the machine of the pci-testdev figures',
  vendor: 'intel',
  year: 2013,
  ghz: sandyBridge.ghz,
  geometry: { ...sandyBridge.geometry, source: `not stated; ${sandyBridge.geometry.source}` },
  prices,
  mitigations: [],
  anchors: {
    hwx: HARDWARE.hwx,
    lx: estimated(1502, [1350, 1650], 'what the fit of the port kick leaves for a vmcall; not published'),
    lxSetting: SETTING,
    ux: derived(3723, [3525, 3900], `${PCI_TESTDEV_SOURCE}: 5287 less 1762, and the signal not sent`),
  },
  features: intelFeatures('p1g', 'pcid'),
};
