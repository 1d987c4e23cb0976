import { derived, estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { LAZY_XCR0 } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, split, tlb } from '../geometry.ts';
import { WALK_AS_ZEN4, faultShares } from './common.ts';

const DUMP = 'InstLatX64 dump, Sandy Bridge 3.4 GHz';

/** Intel Sandy Bridge (2011). */
export const sandyBridge = defineModel({
  id: 'sandy-bridge',
  name: 'Intel Sandy Bridge',
  vendor: 'intel',
  year: 2011,
  ghz: 3.4,
  geometry: {
    dtlb: split(tlb(64, 4), tlb(32, 4), full(4)),
    storeDtlb: null,
    itlb: split(
      tlb(64, 4, 'InstLatX64 CPUID dump; the manual says 128 a core, split between threads: recalled'),
      full(8),
      null,
    ),
    stlb: split(tlb(512, 4), null, null),
    stlbInstr: null,
    psc: INTEL_PSC,
    nestedTlb: nestedTlb(32),
    l1d: cache(32 * KIB, 8),
    l2: cache(256 * KIB, 8),
    l3: cache(8 * MIB, 16),
    maxphyaddr: 46,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(12, DUMP),
    l3: read(31, DUMP, [30, 44]),
    dram: read(255, DUMP, [250, 265]),
    lock: read(23, DUMP),
    stlbHit: read(7, 'Linux tools/perf TMA metrics'),
    walkFixed: WALK_AS_ZEN4,
    vmread: estimated(50, [30, 180], 'recalled: 50 to 180 before Haswell'),
    vmwrite: estimated(60, [30, 180], 'recalled: 50 to 180 before Haswell'),
    ...faultShares(1000),
  },
  work: estimated(
    1,
    [0.75, 1.35],
    'estimate: as the 2013 machine; one emulated MOV is then 930 against 925 published (b5105e8b)',
  ),
  anchors: {
    hwx: estimated(784, [700, 850], 'recalled: Agesen et al., USENIX ATC 2012, table 1'),
    lx: read(1650, 'VMCALL timing on a Core i7-3960X (yshalabi)', [1400, 1800]),
    lxSetting: LAZY_XCR0('intel'),
    ux: derived(3500, [3000, 5200], 'QEMU 22773d6066a7: 5287 less 1762 for a port kick of 2013'),
  },
  mitigations: ['retpoline', 'rsb-fill', 'l1d-flush', 'verw'],
  features: intelFeatures('p1g', 'pcid'),
});
