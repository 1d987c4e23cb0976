import { derived, estimated, read } from '../cited.ts';
import { defineModel, zenFeatures } from '../define-model.ts';
import { STATIC_OPS } from '../epochs.ts';
import { AMD_PSC, KIB, MIB, ZEN_L2_INSTR, cache, full, nestedTlb, shared, tlb, zenL1 } from '../geometry.ts';
import { faultShares } from './common.ts';
import { NO_VMCS, ZEN_ROUND_TRIP, ZEN_UX } from './zen-common.ts';

const DUMP = 'InstLatX64 dump, Zen 4 4.49 GHz';
const REFUSAL =
  'a refusing device took 21 ns at 2.596 GHz in all (guest kicks, Linux 6.18, shadow paging on an AMD EPYC); the split is an estimate';

/** AMD Zen 4 (2022). 48 bits of physical address as the client parts report; EPYC reports 52, which leaves NPT no reserved bit. */
export const zen4 = defineModel({
  id: 'zen4',
  name: 'AMD Zen 4',
  vendor: 'amd',
  year: 2022,
  ghz: 4.49,
  geometry: {
    dtlb: zenL1(72, 'knee of a pointer chase on a Zen 4 EPYC guest'),
    storeDtlb: null,
    itlb: zenL1(64),
    stlb: shared(
      ['4K', '2M'],
      tlb(3072, 12, 'knee of a pointer chase on a Zen 4 EPYC guest; 12 ways reproduce it'),
      full(64),
    ),
    stlbInstr: ZEN_L2_INSTR,
    psc: AMD_PSC,
    nestedTlb: nestedTlb(64),
    l1d: cache(32 * KIB, 8),
    l2: cache(1 * MIB, 8),
    l3: cache(32 * MIB, 16),
    maxphyaddr: 48,
    source: DUMP,
  },
  hardware: {
    l1: read(4, DUMP),
    l2: read(14, DUMP),
    l3: read(63, DUMP, [61, 67]),
    dram: read(400, DUMP, [350, 450]),
    lock: read(7.3, DUMP),
    stlbHit: read(7, 'pointer chase on a Zen 4 EPYC guest'),
    walkFixed: derived(20, [15, 30], 'pointer chase on a Zen 4 EPYC guest, 4096 to 16384 pages'),
    ...NO_VMCS,
    ...faultShares(900),
  },
  work: estimated(0.6, [0.4, 0.9], 'estimate: kernel code against the 2013 machine, in TSC cycles'),
  anchors: {
    hwx: estimated(950, [800, 1100], 'estimate; VMLOAD, VMSAVE, CLGI and STGI are in it'),
    lx: estimated(1450, [1350, 1600], 'estimate; INVD 1500 on Zen 5 Turin (75c69c82f211)'),
    lxSetting: STATIC_OPS('amd'),
    ...ZEN_UX,
  },
  overrides: {
    ...ZEN_ROUND_TRIP,
    // One refusing device: 6 for the compare, 30 for the call, 18.5 for the match.
    kvm_iodevice_write: derived(30, [20, 40], REFUSAL),
    ioeventfd_write: derived(18.5, [10, 30], REFUSAL),
  },
  mitigations: ['auto-ibrs'],
  features: zenFeatures('pku', 'pcid', 'la57'),
});
