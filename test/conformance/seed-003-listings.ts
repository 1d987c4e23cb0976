/** The three listings of `perf top` in the cover letter of seed 003 (S. Christopherson, 30 October 2025): symbols and percentages. */
export const SEED_LISTINGS = {
  first: [
    ['vmx_vmexit', 15.65],
    ['kvm_vcpu_halt', 6.78],
    ['__srcu_read_lock', 5.15],
    ['kvm_load_guest_xsave_state', 4.73],
    ['__srcu_read_unlock', 4.69],
    ['read_tsc', 4.65],
    ['vmx_sync_pir_to_irr', 4.44],
    ['kvm_apic_has_interrupt', 4.03],
  ],
  second: [
    ['queued_spin_lock_slowpath', 45.52],
    ['vmx_vmexit', 24.4],
    ['queued_write_lock_slowpath', 2.84],
    ['vmx_vcpu_run', 1.92],
    ['vcpu_run', 1.4],
    ['kvm_load_guest_xsave_state', 1.0],
    ['kvm_load_host_xsave_state', 0.84],
    ['mmu_try_to_unsync_pages', 0.72],
    ['__srcu_read_lock', 0.68],
    ['try_get_folio', 0.65],
  ],
  third: [
    ['vmx_vmexit', 17.78],
    ['vmx_vcpu_run', 5.08],
    ['vcpu_run', 4.24],
    ['_raw_spin_lock_irqsave', 4.21],
    ['kvm_load_guest_xsave_state', 2.99],
    ['rcu_note_context_switch', 2.51],
    ['ktime_get_update_offsets_now', 2.47],
    ['kvm_load_host_xsave_state', 2.21],
    ['fput', 2.16],
  ],
} as const satisfies Record<string, readonly (readonly [symbol: string, percent: number])[]>;

export type SeedListing = keyof typeof SEED_LISTINGS;
