/**
 * Event kinds. Those of KVM bear the tracepoint's name (include/trace, arch/x86/kvm/trace.h, mmutrace.h); those of silicon, which has no
 * tracepoints, begin with `hw_`. Each names its four arguments.
 */
const ROWS = [
  ['access', 'op', 'size', 'gvaHi', 'gvaLo'],
  ['hw_tlb_hit', 'level (1 or 2)', 'page size (bytes)', 'gvaHi', 'gvaLo'],
  ['hw_tlb_fill', 'page size (bytes)', 'rights', 'gvaHi', 'gvaLo'],
  ['hw_psc_hit', 'kind (0 combined/linear, 1 guest-physical)', 'level of the next table', 'hfn', ''],
  ['hw_nested_tlb_hit', 'gfnLo', 'gfnHi', 'hfn', ''],
  ['hw_guest_entry', 'level', 'place (1 L1, 2 L2, 3 L3, 4 DRAM)', 'entryHi', 'entryLo'],
  ['hw_nested_entry', 'level', 'place (1 L1, 2 L2, 3 L3, 4 DRAM)', 'entryHi', 'entryLo'],
  ['hw_invalidate', 'what (see core/cpu)', '', 'hi', 'lo'],
  ['hw_guest_fault', 'vector', 'error code', 'cr2Hi', 'cr2Lo'],
  ['kvm_exit', 'reason', 'qualification', 'gpaHi', 'gpaLo'],
  ['kvm_entry', '', '', '', ''],
  ['kvm_page_fault', 'error code', '', 'gpaHi', 'gpaLo'],
  ['kvm_fast_mmio', '', '', 'gpaHi', 'gpaLo'],
  ['kvm_mmio', 'direction (0 read unsatisfied, 1 read, 2 write)', 'len', 'gpaHi', 'gpaLo'],
  ['kvm_pio', 'direction (0 in, 1 out)', 'size', 'port', 'count'],
  ['kvm_emulate_insn', 'failed', '', '', ''],
  ['handle_mmio_page_fault', 'gfnLo', 'gfnHi', '', ''],
  ['mark_mmio_spte', 'gfnLo', 'gfnHi', 'generation', ''],
  ['check_mmio_spte', 'kvm generation', 'spte generation', 'valid', ''],
  ['fast_page_fault', 'result', '', 'gpaHi', 'gpaLo'],
  ['kvm_mmu_set_spte', 'level', '', 'spteHi', 'spteLo'],
  ['kvm_mmu_zap_all_fast', '', '', '', ''],
  ['eventfd_signal', 'eventfd', '', '', ''],
  ['coalesced_mmio', 'len', '', 'gpaHi', 'gpaLo'],
  ['kvm_userspace_exit', 'reason', 'len', 'hi', 'lo'],
  ['host', 'what', '', '', ''],
  ['kvm_mmu_pagetable_walk', 'error code', '', 'gvaHi', 'gvaLo'],
  ['kvm_mmu_walker_error', 'error code', '', '', ''],
  ['kvm_mmu_get_page', 'role', 'created', 'gfnHi', 'gfnLo'],
  ['kvm_mmu_sync_page', 'role', '', 'gfnHi', 'gfnLo'],
  ['kvm_mmu_unsync_page', 'role', '', 'gfnHi', 'gfnLo'],
  ['kvm_mmu_prepare_zap_page', 'role', '', 'gfnHi', 'gfnLo'],
  ['kvm_inj_exception', 'vector', 'error code', 'cr2Hi', 'cr2Lo'],
] as const;

type EventName = (typeof ROWS)[number][0];

export const EVENT_ROWS = ROWS;
/** Numeric id of each event kind, by name. */
export const EVENT = Object.freeze(Object.fromEntries(ROWS.map((row, id) => [row[0], id]))) as {
  readonly [K in EventName]: number;
};
