import type { StepName } from '../cost/steps.ts';

/** Not sampled in the host's kernel: the guest's own cycles, and those of a halted CPU. */
const NOT_KERNEL = /^(?:guest|walk|userspace)\./;

/** Steps whose symbol is not their name up to a dot. */
const SYMBOLS: Readonly<Partial<Record<StepName, string>>> = {
  srcu_read_lock: '__srcu_read_lock',
  srcu_read_unlock: '__srcu_read_unlock',
  'mmu_lock.read': '_raw_read_lock',
  'mmu_lock.write': '_raw_write_lock',
  'mitigation.retpoline': '__x86_indirect_thunk_array',
  'hw.invept': 'vmx_flush_tlb_current',
  'hw.invvpid': 'vmx_flush_tlb_current',
  'hw.invlpga': 'svm_flush_tlb_gva',
};

/** Inlined into vcpu_run(), which is what perf shows. */
const IN_VCPU_RUN = /^(?:vcpu_enter_guest\.|vcpu_run$|kvm_check_and_inject_events$|handle_fastpath$)/;
const AROUND_EXIT = new Set<string>(['hw.vmexit', 'mitigation.rsb_fill', 'mitigation.ibrs', 'mitigation.pbrsb']);
const SWAPS = new Set<string>(['hw.xsetbv', 'hw.wrmsr_xss', 'hw.rdpkru', 'hw.wrpkru']);

/**
 * The kernel symbol under which perf would show a step, or null where its kernel profile shows nothing. The switch of worlds is hardware and has no
 * symbol: the exit, with what follows it directly, is sampled at the first instruction after it, `vmx_vmexit`; entry, VMREAD and VMWRITE, which are
 * inlined, count for the run function. On AMD all of it does. What a swap writes belongs to the function that decides on it, which `entering` tells.
 */
export function symbolOf(step: StepName, vendor: 'intel' | 'amd', entering: boolean): string | null {
  if (NOT_KERNEL.test(step)) return null;
  const run = vendor === 'intel' ? 'vmx_vcpu_run' : 'svm_vcpu_run';
  if (AROUND_EXIT.has(step)) return vendor === 'intel' ? 'vmx_vmexit' : run;
  if (SWAPS.has(step)) return entering ? 'kvm_load_guest_xsave_state' : 'kvm_load_host_xsave_state';
  if (step === 'handle_exit_irqoff') return vendor === 'intel' ? 'vmx_handle_exit_irqoff' : 'svm_handle_exit_irqoff';
  if (IN_VCPU_RUN.test(step)) return 'vcpu_run';
  const named = SYMBOLS[step];
  if (named !== undefined) return named;
  return step.startsWith('hw.') || step.startsWith('mitigation.') ? run : step.split('.')[0]!;
}
