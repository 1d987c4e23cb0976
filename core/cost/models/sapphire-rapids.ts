import { derived, estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, shared, split, tlb } from '../geometry.ts';
import { SINCE_HASWELL, faultShares } from './common.ts';
import { ICE_LAKE_STLB } from './ice-lake-sp.ts';
import type { MitigationId } from '../mitigations.ts';

const DUMP = 'InstLatX64 dumps, Sapphire Rapids CPUID and Alder Lake latencies';
const MITIGATIONS: readonly MitigationId[] = ['eibrs', 'eibrs-pbrsb'];

/** Intel Sapphire Rapids (2023), Emerald Rapids alike. `ghz` makes 320 cycles 110 ns. */
export const sapphireRapids = defineModel({
  id: 'sapphire-rapids',
  name: 'Intel Sapphire Rapids',
  vendor: 'intel',
  year: 2023,
  ghz: 2.9,
  geometry: {
    dtlb: split(tlb(64, 4, 'InstLatX64 CPUID dump; Alder Lake, the same core, reports 96'), tlb(32, 4), full(8)),
    storeDtlb: shared(['4K', '2M', '1G'], full(16)),
    itlb: split(tlb(256, 8), tlb(32, 8), null),
    stlb: ICE_LAKE_STLB,
    stlbInstr: null,
    psc: INTEL_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(48 * KIB, 12),
    l2: cache(2 * MIB, 16),
    l3: cache(60 * MIB, 15, '1.875 MiB a slice: recalled; 32 slices chosen'),
    maxphyaddr: 52,
    source: DUMP,
  },
  hardware: {
    l1: read(5, DUMP),
    l2: read(16, DUMP, [15, 16]),
    l3: estimated(75, [65, 130], 'recalled: 70 to 130; 65 in the Alder Lake dump'),
    dram: estimated(320, [300, 380], 'recalled: about 110 ns; 300 to 330 cycles in the Alder Lake dump'),
    lock: read(18, DUMP),
    stlbHit: read(7, 'Linux tools/perf TMA metrics'),
    ...SINCE_HASWELL,
    ...faultShares(1000),
  },
  work: estimated(0.7, [0.45, 1], 'estimate'),
  anchors: {
    hwx: estimated(500, [400, 650], 'estimate'),
    lx: derived(
      1000,
      [770, 1300],
      'Emerald Rapids 2025: INVD about 1000 (75c69c82f211), 770 with another test guest (7649412af3ea); a fastpath exit taken for the cheapest',
    ),
    lxSetting: STATIC_OPS('intel', MITIGATIONS),
    ux: estimated(4000, [3000, 5500], 'estimate'),
  },
  mitigations: MITIGATIONS,
  features: intelFeatures('p1g', 'pcid', 'eptAd', 'smep', 'smap', 'pml', 'pku', 'la57'),
});
