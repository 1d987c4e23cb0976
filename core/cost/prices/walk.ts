import { estimated } from '../cited.ts';
import type { Cited } from '../cpu-model.ts';
import type { StepName } from '../steps.ts';
import type { Hardware } from './hardware.ts';

/** Table walks: loads at the latency of the level they were served from. Every load of a walk waits for the one before it. */
export function walkPrices(cpu: Hardware) {
  const locked = {
    ...cpu.lock,
    kind: 'estimated',
    low: 5,
    high: 60,
    source: 'estimate: as a locked operation',
  } as const;
  return {
    'walk.fixed': cpu.walkFixed,
    'walk.psc_probe': estimated(1, [0, 3], 'estimate: most of it is in walk.fixed'),
    'walk.nested_tlb_hit': estimated(1, [0, 4], 'estimate: no load; fits the Zen 4 pointer chase at 0 to 2'),
    'walk.guest_l1': cpu.l1,
    'walk.guest_l2': cpu.l2,
    'walk.guest_l3': cpu.l3,
    'walk.guest_dram': cpu.dram,
    'walk.nested_l1': cpu.l1,
    'walk.nested_l2': cpu.l2,
    'walk.nested_l3': cpu.l3,
    'walk.nested_dram': cpu.dram,
    'walk.set_ad': locked,
    'walk.nested_set_ad': locked,
    'walk.pml_append': estimated(20, [5, 80], 'estimate: one posted store; no figure for PML was found'),
  } as const satisfies Partial<Record<StepName, Cited>>;
}
