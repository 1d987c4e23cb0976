import type { StepName } from '../cost/steps.ts';
import type { WaitSymbol } from '../machine/smp/waits.ts';

/** What a step, or a wait that spins, consists of by kernel symbol. No total depends on it: shares add up to 1. */
export interface SymbolShares {
  readonly kind: 'derived' | 'estimated';
  readonly source: string;
  /** As Linux 6.x on Intel names them; `onAmd` says what stands for them there. */
  readonly shares: readonly (readonly [symbol: string, share: number])[];
}

/** Call graphs by perf record -g of a QEMU host, Linux 6.x, in Martins3's notes on flame graphs: percentages of all samples. */
const CALL_GRAPH = "perf record -g of a QEMU host, Linux 6.x (Martins3's notes on flame graphs)";
const READING = 'estimate from reading Linux 6.18';

/** Shares in proportion to these numbers. */
function shares(kind: SymbolShares['kind'], source: string, parts: Readonly<Record<string, number>>): SymbolShares {
  const whole = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { kind, source, shares: Object.entries(parts).map(([symbol, part]) => [symbol, part / whole]) };
}

/**
 * Rounds of halt polling (do { kvm_vcpu_check_block(); cpu_relax(); ktime_get(); } while in kvm_vcpu_halt()): the self percentages of a vCPU
 * thread that polls, of 22.06 % in kvm_vcpu_halt() and what it calls. vmx_set_rvi() and __apic_update_ppr() count for their callers, into
 * which they are inlined in most builds.
 */
const POLL_ROUND = shares('derived', `${CALL_GRAPH}: kvm_vcpu_halt 22.06 %, split by its callees`, {
  kvm_vcpu_halt: 7,
  kvm_apic_has_interrupt: 2.3,
  read_tsc: 1.94,
  vmx_sync_pir_to_irr: 1.55,
  ktime_get: 1.54,
  __srcu_read_lock: 1.49,
  kvm_lapic_find_highest_irr: 1.43,
  kvm_arch_vcpu_runnable: 1.03,
  vmx_interrupt_blocked: 1.02,
  __srcu_read_unlock: 0.94,
  kvm_vcpu_check_block: 0.89,
  kvm_cpu_has_interrupt: 0.7,
  apic_has_interrupt_for_ppr: 0.23,
});

/** Waits that spin, where they are more than the symbol they are named by. */
export const WAIT_SHARES: Readonly<Partial<Record<WaitSymbol, SymbolShares>>> = { kvm_vcpu_halt: POLL_ROUND };

/** Steps that contain functions which perf shows by their own names. */
export const STEP_SHARES: Readonly<Partial<Record<StepName, SymbolShares>>> = {
  vmx_vcpu_run: shares('estimated', `${READING}: assembly around VMRESUME, RCU's note at each entry, perf's MSRs`, {
    vmx_vcpu_run: 55,
    rcu_note_context_switch: 15,
    __vmx_vcpu_run: 10,
    vmx_vmexit: 10,
    intel_guest_get_msrs: 10,
  }),
  svm_vcpu_run: shares('estimated', `${READING}: assembly around VMRUN, RCU's note at each entry`, {
    svm_vcpu_run: 65,
    __svm_vcpu_run: 20,
    rcu_note_context_switch: 15,
  }),
  'vcpu_enter_guest.prepare': shares('estimated', READING, { vcpu_run: 50, vmx_prepare_switch_to_guest: 50 }),
  'vcpu_enter_guest.exit_check': shares('estimated', READING, { vcpu_run: 50, vmx_sync_pir_to_irr: 50 }),
  kvm_emulate_halt: shares(
    'estimated',
    `${READING}: from the exit to the first round of polling, and from the last to vcpu_run()`,
    {
      kvm_vcpu_halt: 30,
      read_tsc: 15,
      ktime_get: 12,
      __srcu_read_lock: 8,
      __srcu_read_unlock: 8,
      vcpu_run: 7,
      kvm_arch_vcpu_runnable: 5,
      vmx_sync_pir_to_irr: 5,
      kvm_apic_has_interrupt: 5,
      kvm_emulate_halt: 5,
    },
  ),
  eventfd_signal: shares('estimated', `${READING}: two locked operations`, {
    eventfd_signal_mask: 40,
    _raw_spin_lock_irqsave: 35,
    _raw_spin_unlock_irqrestore: 25,
  }),
  start_sw_timer: shares('estimated', `${READING}: hrtimer_start() and the write of the host deadline MSR`, {
    lapic_next_deadline: 45,
    hrtimer_start_range_ns: 20,
    _raw_spin_lock_irqsave: 10,
    read_tsc: 10,
    clockevents_program_event: 10,
    start_sw_timer: 5,
  }),
  apic_timer_fn: shares('estimated', `${READING}: interrupt entry, hrtimer_interrupt(), the callback, EOI`, {
    asm_sysvec_apic_timer_interrupt: 25,
    lapic_next_deadline: 15,
    hrtimer_interrupt: 10,
    __hrtimer_run_queues: 10,
    ktime_get_update_offsets_now: 10,
    _raw_spin_lock_irqsave: 10,
    apic_timer_fn: 10,
    read_tsc: 5,
    native_apic_msr_eoi: 5,
  }),
  kvm_vcpu_halt: shares(
    'derived',
    `${CALL_GRAPH}: schedule 5.89 %, split by its callees; a fifth of the step is KVM's own`,
    {
      kvm_vcpu_block: 1.18,
      __schedule: 1.97,
      dequeue_entity: 0.95,
      psi_group_change: 0.82,
      update_curr: 0.66,
      finish_task_switch: 0.65,
      update_load_avg: 0.62,
      psi_task_switch: 0.22,
    },
  ),
  'kvm_vcpu_halt.wake': shares('estimated', READING, {
    __schedule: 25,
    vmx_vcpu_load: 20,
    enqueue_entity: 15,
    try_to_wake_up: 15,
    update_load_avg: 10,
    finish_task_switch: 10,
    _raw_spin_lock_irqsave: 5,
  }),
  kvm_vcpu_wake_up: shares('estimated', READING, {
    try_to_wake_up: 40,
    _raw_spin_lock_irqsave: 20,
    select_task_rq_fair: 20,
    native_smp_send_reschedule: 20,
  }),
  kvm_vcpu_kick: shares('estimated', `${READING}: ICR of the host written`, {
    native_write_msr: 80,
    kvm_vcpu_kick: 20,
  }),
  kvm_faultin_pfn: shares('estimated', `${CALL_GRAPH}: a third to a half of GUP fast is try_grab_folio`, {
    kvm_faultin_pfn: 30,
    gup_fast_pgd_range: 40,
    try_get_folio: 30,
  }),
  'kvm_vcpu_ioctl.return': shares('estimated', `${READING}: vCPU and FPU put, system call left`, {
    fpu_swap_kvm_fpstate: 25,
    vmx_prepare_switch_to_host: 20,
    entry_SYSCALL_64: 15,
    kvm_arch_vcpu_ioctl_run: 10,
    kvm_vcpu_ioctl: 10,
    syscall_exit_to_user_mode: 10,
    fput: 5,
    mutex_unlock: 5,
  }),
  'kvm_vcpu_ioctl.entry': shares('estimated', `${READING}: system call entered, vCPU and FPU loaded`, {
    fpu_swap_kvm_fpstate: 25,
    vmx_vcpu_load: 20,
    entry_SYSCALL_64: 15,
    kvm_arch_vcpu_ioctl_run: 15,
    kvm_vcpu_ioctl: 10,
    fget: 5,
    mutex_lock: 5,
    do_syscall_64: 5,
  }),
};

/** The VMREADs of a skipped instruction: its length, RIP, RFLAGS and the interruptibility, each in its function. */
export const SKIP_READS = shares('derived', 'read: skip_emulated_instruction() of Linux 6.18, one VMREAD each', {
  skip_emulated_instruction: 1,
  vmx_cache_reg: 1,
  vmx_get_rflags: 1,
  vmx_set_interrupt_shadow: 1,
});

const ON_AMD: Readonly<Record<string, string>> = {
  vmx_cache_reg: 'skip_emulated_instruction',
  vmx_get_rflags: 'svm_get_rflags',
  vmx_set_interrupt_shadow: 'svm_set_interrupt_shadow',
  vmx_sync_pir_to_irr: 'kvm_lapic_find_highest_irr',
  intel_guest_get_msrs: 'svm_vcpu_run',
  vmx_vcpu_load: 'svm_vcpu_load',
  vmx_interrupt_blocked: 'svm_interrupt_blocked',
  vmx_prepare_switch_to_guest: 'svm_prepare_switch_to_guest',
  vmx_prepare_switch_to_host: 'svm_prepare_host_switch',
};

/** The symbol of a share on a CPU of AMD's. */
export const onAmd = (symbol: string): string => ON_AMD[symbol] ?? symbol;
