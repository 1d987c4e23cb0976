import { derived, estimated, read } from '../cited.ts';
import { defineModel, intelFeatures } from '../define-model.ts';
import { POINTER_OPS } from '../epochs.ts';
import { INTEL_PSC, KIB, MIB, cache, full, nestedTlb, shared, split, tlb } from '../geometry.ts';
import { SINCE_HASWELL } from './common.ts';

const DUMP = 'InstLatX64 dump, Haswell 3.5 GHz';

/** Intel Haswell (2013): EPT A/D bits. */
export const haswell = defineModel({
  id: 'haswell',
  name: 'Intel Haswell',
  vendor: 'intel',
  year: 2013,
  ghz: 3.5,
  geometry: {
    dtlb: split(tlb(64, 4), tlb(32, 4), full(4)),
    storeDtlb: null,
    itlb: split(tlb(64, 8, 'InstLatX64 CPUID dump; 128 a core: recalled'), full(8), null),
    stlb: shared(['4K', '2M'], tlb(1024, 8)),
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
    l3: read(41, DUMP, [41, 54]),
    dram: read(260, DUMP, [250, 275]),
    lock: read(19, DUMP),
    stlbHit: read(8, 'Linux tools/perf TMA metrics'),
    ...SINCE_HASWELL,
    pf: read(715, 'L. Torvalds 2014'),
    iret: read(330, 'L. Torvalds 2014'),
  },
  work: estimated(
    0.84,
    [0.55, 1.15],
    'estimate: emulated over fast port access 948 in 2017 (b7ffc44d5b2e), about 1130 at 1',
  ),
  anchors: {
    hwx: estimated(600, [500, 700], 'estimate'),
    lx: read(1100, 'P. Bonzini, lkml 1802.2/02466 (2018), without IBRS', [1050, 1300]),
    lxSetting: POINTER_OPS('intel'),
    ux: derived(3870, [3000, 5000], 'Linux b7ffc44d5b2e (2017): inl_from_qemu 6209 less inl_from_kernel 2339'),
  },
  mitigations: ['retpoline', 'rsb-fill', 'l1d-flush', 'verw'],
  features: intelFeatures('p1g', 'pcid', 'eptAd', 'smep'),
});
