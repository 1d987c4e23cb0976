import { estimated, read } from '../cited.ts';
import { defineModel, zenFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { AMD_PSC, KIB, MIB, ZEN_L2_INSTR, cache, nestedTlb, shared, tlb, zenL1 } from '../geometry.ts';
import { WALK_AS_ZEN4, faultShares } from './common.ts';
import { NO_VMCS, ZEN_ROUND_TRIP, ZEN_UX, zenLx2020 } from './zen-common.ts';

const DUMP = 'InstLatX64 dump, Zen 1 3.6 GHz';

/** AMD Zen 1 (2017). */
export const zen1 = defineModel({
  id: 'zen1',
  name: 'AMD Zen 1',
  vendor: 'amd',
  year: 2017,
  ghz: 3.6,
  geometry: {
    dtlb: zenL1(64),
    storeDtlb: null,
    itlb: zenL1(64),
    stlb: shared(['4K', '2M'], tlb(1536, 12, 'InstLatX64 CPUID dump; its 8 ways of 4K and 2 of 2M as one array of 12')),
    stlbInstr: ZEN_L2_INSTR,
    psc: AMD_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(32 * KIB, 8),
    l2: cache(512 * KIB, 8),
    l3: cache(8 * MIB, 16),
    maxphyaddr: 48,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(17, DUMP, [12, 17]),
    l3: read(50, DUMP),
    dram: read(375, DUMP, [370, 385]),
    lock: read(20, DUMP),
    stlbHit: estimated(8, [7, 8], 'estimate'),
    walkFixed: WALK_AS_ZEN4,
    ...NO_VMCS,
    ...faultShares(1100),
  },
  work: estimated(0.85, [0.6, 1.2], 'estimate: kernel code against the 2013 machine, in TSC cycles'),
  anchors: {
    hwx: estimated(1100, [950, 1200], 'estimate; VMLOAD, VMSAVE, CLGI and STGI are in it'),
    lx: zenLx2020(1700),
    lxSetting: STATIC_OPS('amd'),
    ...ZEN_UX,
  },
  overrides: ZEN_ROUND_TRIP,
  mitigations: ['retpoline', 'rsb-fill'],
  features: zenFeatures(),
});
