import { derived, estimated } from '../cited.ts';
import { intelFeatures } from '../define-model.ts';
import { BEFORE_FAST_MMIO } from '../epochs.ts';
import { vmcallFlow } from '../flows.ts';
import { PCI_TESTDEV_FIGURES, PCI_TESTDEV_SOURCE } from '../pci-testdev.ts';
import { priceOfSteps } from '../price-vector.ts';
import { priceList } from '../prices/price-list.ts';
import { solveFactor } from '../scale.ts';
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

const UNIT = estimated(1, [0.8, 1.2], 'the base machine');
const BASE: Factors = { frame: UNIT, work: UNIT, emulation: UNIT, userspace: UNIT };

/** Userspace exit over in-kernel emulation, in vmcalls: 13337 / 3898 in 2012, 3870 / 1181 in 2017. */
export const USERSPACE_PER_VMCALL: Cited = derived(
  3.35,
  [3.28, 3.42],
  'kvm-unit-tests 00bfecaa (2012), Linux b7ffc44d5b2e (2017)',
);

/** Three figures, three factors, each solved in turn with the ones before it. */
function fit(): { prices: Prices; factors: Factors } {
  const { portWildcard, portNone, mmioWildcard } = PCI_TESTDEV_FIGURES;
  const figure = (cycles: number): Cited => derived(cycles, [cycles * 0.97, cycles * 1.03], PCI_TESTDEV_SOURCE);
  const solve = (
    figureOf: typeof portWildcard | typeof portNone | typeof mmioWildcard,
    kind: keyof Factors,
    with_: Factors,
  ) => solveFactor(figureOf.flow, kind, priceList(HARDWARE, with_), figure(figureOf.published), figureOf.id);
  const frame = solve(portWildcard, 'frame', BASE);
  const userspace = solve(portNone, 'userspace', { ...BASE, frame });
  const emulation = solve(mmioWildcard, 'emulation', { ...BASE, frame, userspace });
  const factors = { ...BASE, frame, userspace, emulation };
  return { prices: priceList(HARDWARE, factors, dispatchMmio(priceList(HARDWARE, factors))), factors };
}

/** The VMM's work for an MMIO exit: not fitted on 8796, but the rest of 3.35 vmcalls after entry and return. */
function dispatchMmio(prices: Prices): Partial<Prices> {
  const vmcall = priceOfSteps(vmcallFlow(BEFORE_FAST_MMIO('intel')), prices);
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

const { prices, factors } = fit();

/** The factors the fit found; near 1, because the base prices were written down for this machine. */
export const PCI_TESTDEV_FACTORS: Factors = factors;

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
    lxSetting: BEFORE_FAST_MMIO('intel'),
    ux: derived(3723, [3525, 3900], `${PCI_TESTDEV_SOURCE}: 5287 less 1762, and the signal not sent`),
    uxFrom: 'port',
  },
  features: intelFeatures('p1g', 'pcid'),
};
