import { estimated, read } from '../cited.ts';
import { defineModel, zenFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { AMD_PSC, KIB, MIB, ZEN_L2_INSTR, cache, full, nestedTlb, shared, tlb, zenL1 } from '../geometry.ts';
import { WALK_AS_ZEN4, faultShares } from './common.ts';
import { NO_VMCS, ZEN_ROUND_TRIP, ZEN_UX } from './zen-common.ts';

const DUMP = 'InstLatX64 dump, Zen 3 3.7 GHz';

/** AMD Zen 3 (2020). Its first level joins neighbouring 4K pages into 16K entries; that is not modelled. */
export const zen3 = defineModel({
  id: 'zen3',
  name: 'AMD Zen 3',
  vendor: 'amd',
  year: 2020,
  ghz: 3.7,
  geometry: {
    dtlb: zenL1(64),
    storeDtlb: null,
    itlb: zenL1(64),
    stlb: shared(['4K', '2M'], tlb(2048, 8), full(64)),
    stlbInstr: ZEN_L2_INSTR,
    psc: AMD_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(32 * KIB, 8),
    l2: cache(512 * KIB, 8),
    l3: cache(32 * MIB, 16),
    maxphyaddr: 48,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(12, DUMP),
    l3: read(57, DUMP, [54, 60]),
    dram: read(320, DUMP, [300, 340]),
    lock: read(6.5, DUMP),
    stlbHit: estimated(7, [6, 8], 'estimate'),
    walkFixed: WALK_AS_ZEN4,
    ...NO_VMCS,
    ...faultShares(900),
  },
  work: estimated(0.65, [0.45, 0.95], 'estimate: kernel code against the 2013 machine, in TSC cycles'),
  anchors: {
    hwx: estimated(950, [800, 1100], 'estimate; VMLOAD, VMSAVE, CLGI and STGI are in it'),
    lx: estimated(1400, [1300, 1600], 'estimate'),
    lxSetting: STATIC_OPS('amd'),
    ...ZEN_UX,
  },
  overrides: ZEN_ROUND_TRIP,
  mitigations: ['retpoline', 'rsb-fill'],
  features: zenFeatures('pku', 'pcid'),
});
