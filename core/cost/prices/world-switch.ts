import { derived, estimated, read } from '../cited.ts';
import { wrpkru } from './guest.ts';
import type { Cited } from '../cpu-model.ts';
import type { StepName } from '../steps.ts';
import type { Hardware } from './hardware.ts';

/** Share of the exit in exit + entry. No source splits the two. */
const EXIT_SHARE = 0.55;

/** On AMD, what these instructions around VMRUN take out of the hardware exit and entry. */
const VMLOAD_VMSAVE = estimated(
  140,
  [100, 250],
  'estimate: 60 to 100 each; leaving them out saved about 650 on an old X2 (Xen)',
);
const STGI_CLGI = estimated(60, [20, 120], 'estimate');

/** What the CPU does between guest and kernel, and what mitigations add. */
export function worldSwitchPrices(cpu: Hardware) {
  const intel = cpu.vendor === 'intel';
  const around = intel ? 0 : VMLOAD_VMSAVE.value + STGI_CLGI.value;
  const swap = swapPrices(intel);
  return {
    'hw.vmexit': share(cpu.hwx, around, EXIT_SHARE),
    'hw.vmentry': share(cpu.hwx, around, 1 - EXIT_SHARE),
    'hw.vmread': cpu.vmread,
    'hw.vmwrite': cpu.vmwrite,
    'hw.vmcb_access': estimated(3, [1, 8], 'estimate: a field of a cached page'),
    'hw.vmload_vmsave': VMLOAD_VMSAVE,
    'hw.stgi_clgi': STGI_CLGI,
    'hw.invept': estimated(300, [200, 500], 'estimate: no source found'),
    'hw.invvpid': estimated(300, [200, 500], 'estimate: no source found'),
    'hw.invlpga': estimated(150, [80, 400], 'estimate: as INVLPG'),
    'hw.xsetbv': swap,
    'hw.wrmsr_xss': swap,
    'hw.rdpkru': estimated(1, [0.5, 2], 'recalled; cheaper than WRPKRU by Linux 577ff465f5a6'),
    'hw.wrpkru': wrpkru(intel),
    'mitigation.retpoline': estimated(20, [15, 30], 'estimate'),
    'mitigation.ibrs': read(
      200,
      'P. Bonzini, lkml 1802.2/02466 (2018); about 250 a write on Haswell (f2665de7)',
      [200, 253],
    ),
    'mitigation.rsb_fill': estimated(70, [50, 100], 'estimate: 32 calls'),
    'mitigation.pbrsb': derived(18, [10, 30], 'lkml 2210.0/05508: outl_to_kernel 2008 to 2026'),
    'mitigation.l1d_flush': estimated(2000, [1000, 3000], 'estimate: IA32_FLUSH_CMD, and the misses after it'),
    'mitigation.verw': estimated(100, [30, 500], 'estimate'),
    'mitigation.ibpb': estimated(
      2500,
      [600, 12000],
      'estimate: IA32_PRED_CMD written; thousands of cycles by all accounts',
    ),
  } as const satisfies Partial<Record<StepName, Cited>>;
}

function share(hwx: Cited, around: number, part: number): Cited {
  return estimated(
    (hwx.value - around) * part,
    [Math.max(0, hwx.low - around) * (part - 0.1), (hwx.high - around) * (part + 0.1)],
    `${Math.round(part * 100)} % (estimate) of exit and entry together, ${hwx.value}: ${hwx.source}`,
  );
}

/** One write of XCR0 or XSS. The published saving is that of two or four writes an exit: which, its text leaves open. */
function swapPrices(intel: boolean): Cited {
  return intel
    ? derived(100, [75, 150], 'Linux 75c69c82f211: 1300 to 1000 on Emerald Rapids, for two to four writes')
    : derived(180, [125, 250], 'Linux 75c69c82f211: 2000 to 1500 on Turin, for two to four writes');
}
