import { basePrices } from './base-price.ts';

const SPLIT =
  'estimate: share of the run loop in the 1762 cycles of a port kick (QEMU 22773d6066a7), split by reading the code';

/** The run loop outside the hardware switch: scaled so that the cheapest exit costs what the generation's does. */
export const RUN_LOOP = basePrices('frame', SPLIT, {
  vmx_vcpu_run: [115, 70, 180],
  svm_vcpu_run: [95, 55, 160],
  kvm_load_guest_xsave_state: [8, 3, 16],
  kvm_load_host_xsave_state: [8, 3, 16],
  'vcpu_enter_guest.requests': [33, 18, 55],
  'vcpu_enter_guest.prepare': [36, 20, 60],
  'vcpu_enter_guest.exit_check': [24, 12, 40],
  'vcpu_enter_guest.fpu_debug': [33, 15, 60],
  'vcpu_enter_guest.after': [46, 30, 75, `${SPLIT}; a RDTSC of 25 to 36 is in it (InstLatX64)`],
  handle_exit_irqoff: [15, 6, 30],
  'vcpu_enter_guest.irq_window': [32, 18, 55],
  vmx_handle_exit: [45, 25, 70],
  svm_handle_exit: [40, 20, 65],
  vcpu_run: [28, 14, 45],
  skip_emulated_instruction: [40, 20, 60],
  kvm_emulate_hypercall: [40, 20, 80],
});

/** Local APIC, fastpath loop, events: parts of the loop that an ordinary exit does not take. */
export const APIC_AND_FASTPATH = basePrices('work', 'estimate from reading the code', {
  kvm_load_guest_pkru: [4, 2, 10],
  kvm_load_host_pkru: [4, 2, 10],
  handle_fastpath: [15, 6, 40],
  kvm_emulate_wrmsr: [60, 30, 150],
  kvm_emulate_invd: [15, 5, 40],
  kvm_emulate_xsetbv: [80, 40, 200],
  kvm_x2apic_icr_write: [120, 60, 300],
  kvm_set_lapic_tscdeadline_msr: [100, 50, 250],
  start_hv_timer: [150, 80, 300],
  start_sw_timer: [700, 300, 1500, 'estimate: hrtimer_start() and the write of the host deadline MSR'],
  kvm_lapic_expired_hv_timer: [100, 50, 250],
  apic_timer_fn: [1000, 500, 2000, 'estimate: host interrupt entry, hrtimer_interrupt(), APIC timer callback, EOI'],
  kvm_apic_set_eoi: [60, 30, 150],
  vmx_sync_pir_to_irr: [40, 15, 120],
  kvm_check_and_inject_events: [120, 60, 300],
  vmx_enable_irq_window: [15, 6, 40],
  svm_enable_irq_window: [25, 10, 60],
  handle_interrupt_window: [20, 8, 60],
  interrupt_window_interception: [30, 12, 80],
  kvm_vcpu_kick: [250, 100, 800, 'estimate: ICR of the host written'],
  kvm_vcpu_wake_up: [700, 300, 2500, 'estimate: try_to_wake_up() of another CPU'],
  kvm_vcpu_halt: [1500, 500, 4000, 'estimate: polling ended, rcuwait, schedule()'],
  'kvm_vcpu_halt.wake': [2500, 1000, 6000, 'estimate: wake-up, schedule(), vCPU load'],
  avic_incomplete_ipi_interception: [120, 50, 400],
  pi_wakeup_handler: [1500, 700, 4000, 'estimate: host interrupt entry, list of blocked vCPUs, try_to_wake_up(), EOI'],
  kvm_sched_out: [500, 200, 1500, 'estimate: vmx_prepare_switch_to_host(), five MSRs written'],
  __schedule: [1500, 700, 3500, 'estimate: pick_next_task(), switch_to() within one process, XSAVES'],
  kvm_sched_in: [600, 250, 1500, 'estimate: preempt notifier, five MSRs read and written, steal time'],
  switch_fpu_return: [250, 100, 700, 'estimate: XRSTORS'],
  vmx_vcpu_load_vmcs: [300, 100, 900, 'estimate: VMPTRLD, and what it read ahead is lost'],
  loaded_vmcs_clear: [3000, 1200, 8000, 'estimate: smp_call_function_single() there and back, VMCLEAR'],
  handle_external_interrupt_irqoff: [900, 400, 2500, 'estimate: host interrupt entry, handler, EOI'],
  kvm_machine_check: [2000, 1000, 10000, 'estimate'],
});

/** One full fence each: 5.2 % and 4.7 % of a fast exit in a published profile. */
export const SRCU = basePrices('fixed', 'estimate: about one full fence; MFENCE 33 (InstLatX64)', {
  srcu_read_lock: [30, 20, 45],
  srcu_read_unlock: [30, 20, 45],
});

/** An rw semaphore nobody writes: one locked operation each way. */
export const SLOTS_LOCK = basePrices('fixed', 'estimate: one locked operation; LOCK ADD 18 to 25 (InstLatX64)', {
  'down_read.slots_lock': [25, 18, 50],
  'up_read.slots_lock': [25, 18, 50],
});

export const OTHER_HANDLERS = basePrices('work', 'estimate from reading the code', {
  vmx_flush_pml_buffer: [60, 30, 150],
  kvm_emulate_cpuid: [
    250,
    120,
    500,
    'estimate: cpuid 110 above vmcall in 2017 (b7ffc44d5b2e), CPUID of the host left out',
  ],
  kvm_emulate_halt: [400, 150, 1500],
  kvm_make_all_cpus_request: [2000, 1000, 5000, 'estimate: an IPI and its acknowledgement'],
});
