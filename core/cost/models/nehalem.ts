import { estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { LAZY_XCR0 } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, split, tlb } from '../geometry.ts';
import { WALK_AS_ZEN4, faultShares } from './common.ts';

const DUMP = 'InstLatX64 dump, Nehalem-EP 2.67 GHz';

/** Intel Nehalem (2008): the first EPT and VPID. */
export const nehalem = defineModel({
  id: 'nehalem',
  name: 'Intel Nehalem-EP',
  vendor: 'intel',
  year: 2008,
  ghz: 2.67,
  geometry: {
    dtlb: split(tlb(64, 4), tlb(32, 4), null),
    storeDtlb: null,
    itlb: split(tlb(64, 4), full(7), null),
    stlb: split(tlb(512, 4), null, null),
    stlbInstr: null,
    psc: INTEL_PSC,
    nestedTlb: nestedTlb(32),
    l1d: cache(32 * KIB, 8),
    l2: cache(256 * KIB, 8),
    l3: cache(8 * MIB, 16),
    maxphyaddr: 40,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(10, DUMP),
    l3: read(44, DUMP, [38, 50]),
    dram: read(200, DUMP, [181, 221]),
    lock: read(20, DUMP),
    stlbHit: estimated(7, [6, 9], 'recalled; 7-cpu for Westmere agrees'),
    walkFixed: WALK_AS_ZEN4,
    vmread: estimated(60, [50, 180], 'recalled: 50 to 180 before Haswell'),
    vmwrite: estimated(70, [50, 180], 'recalled: 50 to 180 before Haswell'),
    ...faultShares(1000),
  },
  work: estimated(1.15, [0.8, 1.6], 'estimate: kernel code against the 2013 machine'),
  anchors: {
    hwx: estimated(1009, [900, 1100], 'recalled: Agesen et al., USENIX ATC 2012, table 1'),
    lx: read(2000, 'SplitX (Landau et al.): direct exit with its software, X5570', [1600, 2400]),
    lxSetting: LAZY_XCR0('intel'),
    ux: estimated(5000, [3500, 7000], 'estimate'),
  },
  mitigations: ['retpoline', 'rsb-fill', 'l1d-flush'],
  features: intelFeatures(),
});
