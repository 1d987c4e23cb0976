import { estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { POINTER_OPS } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, shared, split, tlb } from '../geometry.ts';
import { SINCE_HASWELL } from './common.ts';
import type { MitigationId } from '../mitigations.ts';

const DUMP = 'InstLatX64 dump, Skylake-SP, TSC 2.2 GHz';
const MITIGATIONS: readonly MitigationId[] = ['retpoline', 'rsb-fill', 'l1d-flush', 'verw'];

/** Intel Skylake-SP (2017): two page walkers (not modelled: walks of one access are sequential), PML, PKU. */
export const skylakeSp = defineModel({
  id: 'skylake-sp',
  name: 'Intel Skylake-SP',
  vendor: 'intel',
  year: 2017,
  ghz: 2.2,
  geometry: {
    dtlb: split(tlb(64, 4), tlb(32, 4), full(4)),
    storeDtlb: null,
    itlb: split(tlb(128, 8), full(8), null),
    stlb: shared(['4K', '2M'], tlb(1536, 12), tlb(16, 4)),
    stlbInstr: null,
    psc: INTEL_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(32 * KIB, 8),
    l2: cache(1 * MIB, 16),
    l3: cache(22 * MIB, 11, '1.375 MiB a slice (InstLatX64); 16 slices chosen'),
    maxphyaddr: 46,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(14, DUMP),
    l3: read(75, DUMP),
    dram: read(210, DUMP, [210, 325]),
    lock: read(18, DUMP),
    stlbHit: read(9, 'Linux tools/perf TMA metrics'),
    ...SINCE_HASWELL,
    pf: estimated(750, [500, 950], 'estimate: share of 1100 for #PF and IRET'),
    iret: estimated(350, [250, 450], 'estimate: share of 1100 for #PF and IRET'),
  },
  work: estimated(0.84, [0.55, 1.15], 'estimate: as Haswell'),
  anchors: {
    hwx: estimated(600, [500, 700], 'estimate'),
    lx: read(1540, 'Wanpeng Li, 2020: vmcall 1529 to 1559 on Linux 5.6', [1100, 1560]),
    lxSetting: POINTER_OPS('intel', MITIGATIONS),
    ux: estimated(4500, [3500, 6000], 'estimate'),
  },
  mitigations: MITIGATIONS,
  features: intelFeatures('p1g', 'pcid', 'eptAd', 'smep', 'smap', 'pml', 'pku'),
});
