import { estimated, read } from '../cited.ts';
import { defineModel, zenFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { AMD_PSC, KIB, MIB, ZEN_L2_INSTR, cache, nestedTlb, shared, tlb, zenL1 } from '../geometry.ts';
import { WALK_AS_ZEN4, faultShares } from './common.ts';
import { NO_VMCS, ZEN_ROUND_TRIP, ZEN_UX, zenLx2020 } from './zen-common.ts';

const DUMP = 'InstLatX64 dump, Zen 2';

/** AMD Zen 2 (2019). `ghz`: a client part, as the dump; an EPYC 7742 needs about 630 cycles to memory. */
export const zen2 = defineModel({
  id: 'zen2',
  name: 'AMD Zen 2',
  vendor: 'amd',
  year: 2019,
  ghz: 3.6,
  geometry: {
    dtlb: zenL1(64),
    storeDtlb: null,
    itlb: zenL1(64),
    stlb: shared(['4K', '2M'], tlb(2048, 16, 'InstLatX64 CPUID dump for the size; 16 ways by the manual')),
    stlbInstr: ZEN_L2_INSTR,
    psc: AMD_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(32 * KIB, 8),
    l2: cache(512 * KIB, 8),
    l3: cache(16 * MIB, 16),
    maxphyaddr: 48,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(12, DUMP),
    l3: read(47, DUMP, [45, 50]),
    dram: read(310, DUMP, [290, 335]),
    lock: read(18, DUMP),
    stlbHit: estimated(7, [6, 8], 'estimate'),
    walkFixed: WALK_AS_ZEN4,
    ...NO_VMCS,
    ...faultShares(1000),
  },
  work: estimated(0.75, [0.5, 1.05], 'estimate: kernel code against the 2013 machine, in TSC cycles'),
  anchors: {
    hwx: estimated(1000, [850, 1150], 'estimate; VMLOAD, VMSAVE, CLGI and STGI are in it'),
    lx: zenLx2020(1600),
    lxSetting: STATIC_OPS('amd'),
    ...ZEN_UX,
  },
  overrides: ZEN_ROUND_TRIP,
  mitigations: ['retpoline', 'rsb-fill'],
  features: zenFeatures(),
});
