import { estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, shared, split, tlb } from '../geometry.ts';
import { SINCE_HASWELL, faultShares } from './common.ts';
import type { MitigationId } from '../mitigations.ts';

const DUMP = 'InstLatX64 dumps of the Ice Lake class (Rocket Lake, Tiger Lake)';
const MITIGATIONS: readonly MitigationId[] = ['eibrs', 'eibrs-pbrsb'];

/** 2 x 1024 entries of 8 ways: one array for 4K and 2M, one for 4K and 1G. A 4K page has the 16 ways of both; a 2M page has 8 of them. */
export const ICE_LAKE_STLB = shared(
  ['4K', '2M'],
  tlb(2048, 16, 'InstLatX64 CPUID dump; the two 8-way arrays as one of 16 ways, which flatters 2M pages'),
  tlb(1024, 8),
);

/** Intel Ice Lake-SP (2021): five-level paging, stores with a first-level TLB of their own. `ghz` makes 280 cycles 87 ns. */
export const iceLakeSp = defineModel({
  id: 'ice-lake-sp',
  name: 'Intel Ice Lake-SP',
  vendor: 'intel',
  year: 2021,
  ghz: 3.2,
  geometry: {
    dtlb: split(tlb(64, 4), tlb(32, 4), full(8)),
    storeDtlb: shared(['4K', '2M', '1G'], full(16)),
    itlb: split(tlb(128, 8, 'recalled'), full(8), null),
    stlb: ICE_LAKE_STLB,
    stlbInstr: null,
    psc: INTEL_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(48 * KIB, 12),
    l2: cache(1280 * KIB, 20, 'recalled'),
    l3: cache(48 * MIB, 12, '1.5 MiB a slice: recalled; 32 slices chosen'),
    maxphyaddr: 52,
    source: DUMP,
  },
  hardware: {
    l1: read(5, DUMP),
    l2: estimated(14, [13, 15], 'recalled for Ice Lake-SP; 13 to 14.5 in the dumps'),
    l3: estimated(70, [60, 76], 'recalled for Ice Lake-SP; 60 to 76 in the dumps'),
    dram: estimated(280, [254, 343], 'recalled: 85 to 90 ns; 254 to 343 cycles in the dumps'),
    lock: read(20, 'InstLatX64 dump'),
    stlbHit: read(7, 'Linux tools/perf TMA metrics'),
    ...SINCE_HASWELL,
    ...faultShares(1000),
  },
  work: estimated(0.75, [0.5, 1.05], 'estimate'),
  anchors: {
    hwx: estimated(600, [480, 700], 'estimate'),
    lx: estimated(1250, [1000, 2000], 'estimate; outl_to_kernel 2008 on a part with eIBRS (lkml 2210.0/05508)'),
    lxSetting: STATIC_OPS('intel', MITIGATIONS),
    ux: estimated(4000, [3000, 5500], 'estimate'),
  },
  mitigations: MITIGATIONS,
  features: intelFeatures('p1g', 'pcid', 'eptAd', 'smep', 'smap', 'pml', 'pku', 'la57'),
});
