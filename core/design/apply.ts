import { err, ok, type Result } from '../base/result.ts';
import type { KvmPolicy } from '../kvm/policy.ts';
import type { Design, Mmu, Need } from './design.ts';

/** The policy of a kernel with a design applied, or the sentence that says why the two contradict each other. */
export function applyDesign(kernel: KvmPolicy, design: Design, mmu: Mmu): Result<KvmPolicy> {
  if (mmu !== 'shadow' && kernel.nestedPaging !== 'supported')
    return err(`${NO_NESTED[kernel.nestedPaging]}; choose --mmu shadow`);
  const unmet = design.needs.find((need) => !meets(need, kernel, mmu));
  return unmet === undefined ? ok({ ...kernel, ...design.policy }) : err(`${design.id}: ${unmet.otherwise}`);
}

const NO_NESTED = {
  absent: 'this kernel has neither EPT nor NPT, which came with Linux 2.6.26',
  'not-modelled': 'EPT and NPT of this kernel are not modelled',
} as const;

function meets(need: Need, policy: KvmPolicy, mmu: Mmu): boolean {
  if (need.mmu !== undefined && need.mmu !== mmu) return true;
  return need.oneOf.includes(valueOf(need.field, policy, mmu));
}

function valueOf(field: Need['field'], policy: KvmPolicy, mmu: Mmu): string | number | boolean {
  if (field === 'mmu-flavour') return mmu;
  if (field === 'io.ioeventfd') return policy.io.ioeventfd;
  if (field === 'slots.readonlyMem') return policy.slots.readonlyMem;
  if (field === 'io.zeroLength') return policy.io.zeroLength;
  if (field === 'io.fastMmioTwin') return policy.io.fastMmioTwin;
  return policy[field];
}
