import { estimated, read } from '../cited.ts';
import { extra } from './hardware.ts';
import type { Cited } from '../cpu-model.ts';
import type { StepName } from '../steps.ts';
import type { Hardware } from './hardware.ts';

const MICROCODE = 'estimate: decode and permission checks of an instruction that then exits';

/** A step that stands for one cycle of computation. */
export const ONE_CYCLE: Cited = { value: 1, low: 1, high: 1, kind: 'derived', source: 'one cycle by definition' };

/** What the guest's own instructions cost. */
export function guestPrices(cpu: Hardware) {
  const intel = cpu.vendor === 'intel';
  const beforeExit = estimated(5, [0, 20], MICROCODE);
  return {
    'guest.read': cpu.l1,
    'guest.write': estimated(1, [0.5, 4], 'estimate: retired into the store buffer'),
    'guest.rmw': cpu.lock,
    'guest.fetch': estimated(1, [0.25, 4], 'estimate: several instructions a cycle, no miss'),
    'guest.out': beforeExit,
    'guest.in': beforeExit,
    'guest.string': estimated(5, [1, 20], 'estimate'),
    'guest.string_line': estimated(
      4,
      [2, 16],
      'estimate: 16 to 32 bytes a cycle in the first-level cache, less beyond it; the start spread over a page',
    ),
    'guest.dtlb_l2_hit': cpu.stlbHit,
    'guest.line_split': estimated(6, [1, 12], 'estimate'),
    'guest.page_split': estimated(25, [10, 150], 'estimate: about 100 before Skylake, far less since'),
    'guest.data_l2': extra(cpu.l2, cpu.l1),
    'guest.data_l3': extra(cpu.l3, cpu.l1),
    'guest.data_dram': extra(cpu.dram, cpu.l1),
    'guest.pf_delivery': cpu.pf,
    'guest.iret': cpu.iret,
    'guest.mov_cr3': estimated(186, [150, 400], 'recalled: SkyBridge (EuroSys 2019), Skylake'),
    'guest.mov_cr': estimated(100, [50, 300], 'estimate'),
    'guest.invlpg': estimated(
      150,
      [100, 350],
      'A. Shi 2012 (about 140 ns with its kernel path on Sandy Bridge); D. Hansen 2017',
    ),
    'guest.invpcid': estimated(150, [100, 350], 'estimate: as INVLPG'),
    'guest.wrpkru': wrpkru(intel),
    'guest.cpuid': beforeExit,
    'guest.hlt': beforeExit,
    'guest.invd': beforeExit,
    'guest.wrmsr': beforeExit,
    'guest.xsetbv': beforeExit,
    'guest.irq_delivery': estimated(
      300,
      [150, 600],
      'estimate: as an exception through the IDT, half of a #PF round trip',
    ),
    'guest.wrmsr_eoi': estimated(60, [30, 150], 'estimate: a virtualised x2APIC register'),
    'guest.virtual_ipi': estimated(
      200,
      [60, 700],
      'estimate: microcode with two loads of tables, a locked OR, and a write of the host ICR or a doorbell',
    ),
    'guest.hlt_wait': { value: 1, low: 1, high: 1, kind: 'derived', source: 'one cycle by definition' },
    'guest.vmcall': beforeExit,
    'guest.mode_switch': estimated(80, [50, 150], 'recalled: SkyBridge (SYSCALL 82, SYSRET 75)'),
    'guest.spin': intel
      ? estimated(60, [12, 150], 'recalled: PAUSE about 10 cycles before Skylake, about 140 since; comparison and jump')
      : estimated(45, [5, 70], 'recalled: PAUSE 40 to 65 cycles on Zen; comparison and jump'),
    'guest.pause': ONE_CYCLE,
  } as const satisfies Partial<Record<StepName, Cited>>;
}

/** Half of a published difference: two WRPKRU an exit. */
export const wrpkru = (intel: boolean): Cited => ({
  ...(intel ? read(20, '', [11, 26]) : read(30, '', [15, 45])),
  kind: 'derived',
  source: `Linux 7649412af3ea: ${intel ? '810 to 770 on Emerald Rapids' : '1560 to 1500 on Turin'}, for two WRPKRU`,
});
