/**
 * The steps: everything a run counts and a CPU model prices. A step of silicon is named `hw.*` or `walk.*`; a step of Linux bears
 * the kernel's own symbol name. One row a step: name, stage, what it is. Ids are the row numbers, so rows are only appended per group
 * and never stored by number: results name their steps.
 */
export const STAGES = [
  'guest',
  'walk',
  'world switch',
  'dispatch',
  'mmu',
  'emulation',
  'bus',
  'eventfd',
  'userspace',
] as const;
export type Stage = (typeof STAGES)[number];

const ROWS = [
  // --- guest: what the guest's own instruction costs without any exit
  ['guest.read', 'guest', 'a load, served from the first-level data cache'],
  ['guest.write', 'guest', 'a store, served from the first-level data cache'],
  ['guest.rmw', 'guest', 'a locked read-modify-write'],
  ['guest.fetch', 'guest', 'an instruction fetch'],
  ['guest.out', 'guest', 'OUT or OUTS before it exits'],
  ['guest.in', 'guest', 'IN or INS before it exits'],
  ['guest.string', 'guest', 'one iteration of a string instruction'],
  ['guest.dtlb_l2_hit', 'guest', 'first-level TLB missed, second-level TLB hit: the extra cycles'],
  ['guest.line_split', 'guest', 'access crosses a cache line: the extra cycles'],
  ['guest.page_split', 'guest', 'access crosses a 4 KiB page: the extra cycles'],
  ['guest.data_l2', 'guest', 'the data came from the second-level cache: the extra cycles'],
  ['guest.data_l3', 'guest', 'the data came from the third-level cache: the extra cycles'],
  ['guest.data_dram', 'guest', 'the data came from memory: the extra cycles'],
  ['guest.pf_delivery', 'guest', '#PF delivered through the guest IDT, handler entered'],
  ['guest.iret', 'guest', 'IRET out of the guest fault handler'],
  ['guest.mov_cr3', 'guest', 'MOV to CR3'],
  ['guest.mov_cr', 'guest', 'MOV to CR0 or CR4'],
  ['guest.invlpg', 'guest', 'INVLPG'],
  ['guest.invpcid', 'guest', 'INVPCID'],
  ['guest.wrpkru', 'guest', 'WRPKRU'],
  ['guest.cpuid', 'guest', 'CPUID before it exits'],
  ['guest.hlt', 'guest', 'HLT before it exits'],
  ['guest.vmcall', 'guest', 'VMCALL or VMMCALL before it exits'],
  ['guest.mode_switch', 'guest', 'SYSCALL/SYSRET-class change between user and supervisor mode'],
  ['guest.pause', 'guest', 'one cycle of computation without memory accesses'],
  // --- walk: table walks of the silicon; a load is named by who owns the entry and where the line was found
  ['walk.fixed', 'walk', 'starting and finishing a table walk'],
  ['walk.psc_probe', 'walk', 'looking up the paging-structure caches'],
  ['walk.nested_tlb_hit', 'walk', 'a guest-physical page translated by the nested TLB: no load'],
  ['walk.guest_l1', 'walk', 'guest paging entry loaded from L1D'],
  ['walk.guest_l2', 'walk', 'guest paging entry loaded from L2'],
  ['walk.guest_l3', 'walk', 'guest paging entry loaded from L3'],
  ['walk.guest_dram', 'walk', 'guest paging entry loaded from DRAM'],
  ['walk.nested_l1', 'walk', 'EPT/NPT entry loaded from L1D'],
  ['walk.nested_l2', 'walk', 'EPT/NPT entry loaded from L2'],
  ['walk.nested_l3', 'walk', 'EPT/NPT entry loaded from L3'],
  ['walk.nested_dram', 'walk', 'EPT/NPT entry loaded from DRAM'],
  ['walk.set_ad', 'walk', 'accessed or dirty bit set in a guest entry by the walker (locked)'],
  ['walk.nested_set_ad', 'walk', 'accessed or dirty bit set in an EPT/NPT entry by the walker (locked)'],
  ['walk.pml_append', 'walk', 'guest-physical address appended to the page-modification log'],
  // --- world switch
  ['hw.vmexit', 'world switch', 'VM exit: guest state saved, host state loaded, by the CPU'],
  ['hw.vmentry', 'world switch', 'VMRESUME/VMRUN: checks, guest state loaded, by the CPU'],
  ['hw.vmread', 'world switch', 'VMREAD'],
  ['hw.vmwrite', 'world switch', 'VMWRITE'],
  ['hw.vmcb_access', 'world switch', 'read or write of a VMCB field (plain memory)'],
  ['hw.vmload_vmsave', 'world switch', 'VMLOAD and VMSAVE around VMRUN'],
  ['hw.stgi_clgi', 'world switch', 'CLGI and STGI around VMRUN'],
  ['hw.invept', 'world switch', 'INVEPT'],
  ['hw.invvpid', 'world switch', 'INVVPID'],
  ['vmx_vcpu_run', 'world switch', 'software around VMRESUME on Intel: registers, CR2, RSP/RIP, DEBUGCTL'],
  ['svm_vcpu_run', 'world switch', 'software around VMRUN on AMD: registers, ASID, CR2, clean bits'],
  ['kvm_load_guest_xsave_state', 'world switch', 'are guest XCR0, XSS and PKRU to be loaded? The checks alone'],
  ['kvm_load_host_xsave_state', 'world switch', 'are host XCR0, XSS and PKRU to be loaded? The checks alone'],
  ['hw.xsetbv', 'world switch', 'XSETBV: XCR0 written because guest and host differ'],
  ['hw.wrmsr_xss', 'world switch', 'WRMSR of IA32_XSS because guest and host differ'],
  ['hw.rdpkru', 'world switch', 'RDPKRU: the guest value read back'],
  ['hw.wrpkru', 'world switch', 'WRPKRU because guest and host differ'],
  ['mitigation.retpoline', 'world switch', 'one indirect call through a retpoline'],
  ['mitigation.ibrs', 'world switch', 'SPEC_CTRL written on exit (legacy IBRS)'],
  ['mitigation.rsb_fill', 'world switch', 'return stack refilled after the exit'],
  ['mitigation.pbrsb', 'world switch', 'barrier against post-barrier return stack prediction'],
  ['mitigation.l1d_flush', 'world switch', 'L1D flushed before entry'],
  ['mitigation.verw', 'world switch', 'VERW clears CPU buffers before entry'],
  // --- dispatch: KVM's run loop outside the vendor run function
  ['vcpu_enter_guest.requests', 'dispatch', 'pending requests and event injection checked (O1-O3)'],
  ['vcpu_enter_guest.prepare', 'dispatch', 'preempt off, switch state checked, IRQs off, mode IN_GUEST (O4-O6)'],
  ['vcpu_enter_guest.exit_check', 'dispatch', 'posted interrupts synced, exit requests checked (O8-O9)'],
  ['vcpu_enter_guest.fpu_debug', 'dispatch', 'FPU owner, debug registers, DEBUGCTL, PMU (O10, O12-O14)'],
  ['vcpu_enter_guest.after', 'dispatch', 'mode OUTSIDE, TSC read, PMU, XFD (O17)'],
  ['handle_exit_irqoff', 'dispatch', 'NMI, machine check and external interrupt work with IRQs off (O19)'],
  ['vcpu_enter_guest.irq_window', 'dispatch', 'IRQ window, guest time, preempt on (O20)'],
  ['srcu_read_lock', 'dispatch', 'kvm->srcu taken after the exit (O21)'],
  ['srcu_read_unlock', 'dispatch', 'kvm->srcu dropped before the entry (O7)'],
  ['down_read.slots_lock', 'dispatch', 'kvm->slots_lock taken for reading after the exit (before SRCU)'],
  ['up_read.slots_lock', 'dispatch', 'kvm->slots_lock dropped before the entry (before SRCU)'],
  ['vmx_handle_exit', 'dispatch', 'exit reason dispatched on Intel (O22)'],
  ['svm_handle_exit', 'dispatch', 'exit code dispatched on AMD (O22)'],
  ['vmx_flush_pml_buffer', 'dispatch', 'PML buffer drained, one logged page'],
  ['vcpu_run', 'dispatch', 'timers, signals, reschedule checks between exits (O23)'],
  [
    'skip_emulated_instruction',
    'dispatch',
    'RIP advanced by the instruction length, interruptibility and TF looked at',
  ],
  ['kvm_emulate_hypercall', 'dispatch', 'hypercall handler'],
  ['kvm_emulate_cpuid', 'dispatch', 'CPUID handler'],
  ['kvm_emulate_halt', 'dispatch', 'HLT handler'],
  ['kvm_make_all_cpus_request', 'dispatch', 'another vCPU kicked by IPI'],
  // --- mmu: KVM's fault path
  ['handle_ept_misconfig', 'mmu', 'EPT misconfiguration handler: emulate-allowed check, GPA'],
  ['handle_ept_violation', 'mmu', 'EPT violation handler: qualification to error code'],
  ['npf_interception', 'mmu', '#NPF handler: error code and GPA from the VMCB'],
  ['kvm_mmu_page_fault', 'mmu', 'outer page-fault handler'],
  ['handle_mmio_page_fault', 'mmu', 'RSVD handler: vCPU MMIO cache test'],
  ['get_mmio_spte', 'mmu', 'lockless SPTE walk, one level'],
  ['check_mmio_spte', 'mmu', 'generation of the MMIO SPTE compared'],
  ['vcpu_cache_mmio_info', 'mmu', 'vCPU MMIO cache filled'],
  ['kvm_tdp_page_fault', 'mmu', 'two-dimensional page-fault handler'],
  ['kvm_vcpu_gfn_to_memslot', 'mmu', 'memslot looked up: last-used slot'],
  ['search_memslots', 'mmu', 'memslot looked up: one step of the search'],
  ['page_fault_handle_page_track', 'mmu', 'write-tracked gfn tested'],
  ['fast_page_fault', 'mmu', 'lockless fast page fault, one level walked'],
  ['fast_pf_fix_direct_spte', 'mmu', 'cmpxchg of the SPTE and dirty marking'],
  ['mmu_topup_memory_caches', 'mmu', 'page-table allocation caches topped up'],
  ['kvm_faultin_pfn', 'mmu', 'host page looked up (GUP fast)'],
  ['kvm_handle_noslot_fault', 'mmu', 'no memslot: decision to cache MMIO'],
  ['kvm_handle_error_pfn', 'mmu', 'read-only slot written: decision to emulate (kvm_handle_bad_page before 5.x)'],
  ['mmu_lock.read', 'mmu', 'mmu_lock taken and released for reading (rwlock)'],
  ['mmu_lock.write', 'mmu', 'mmu_lock taken and released exclusively'],
  ['kvm_tdp_mmu_map', 'mmu', 'TDP MMU walk to the leaf, one level'],
  ['tdp_mmu_link_sp', 'mmu', 'a page-table page allocated, zeroed and linked'],
  ['tdp_mmu_map_handle_target_level', 'mmu', 'leaf SPTE made and installed'],
  ['direct_map', 'mmu', 'direct-map shadow MMU walk to the leaf, one level (before the TDP MMU)'],
  ['direct_pte_prefetch', 'mmu', 'one neighbour of the 8-entry window prefetched'],
  ['make_mmio_spte', 'mmu', 'MMIO SPTE made from gfn, access and generation'],
  ['kvm_mmu_reload', 'mmu', 'roots freed, a new root allocated and loaded'],
  ['kvm_mmu_zap_all_fast', 'mmu', 'all roots invalidated'],
  ['kvm_mmu_zap_spte', 'mmu', 'one SPTE zapped'],
  ['kvm_flush_remote_tlbs', 'mmu', 'remote TLB flush'],
  ['mark_page_dirty', 'mmu', 'dirty bitmap bit set'],
  ['kvm_mmu_slot_dirty_log', 'mmu', 'one SPTE write-protected or its D bit cleared for dirty logging'],
  // --- emulation
  ['x86_emulate_instruction', 'emulation', 'emulator entered: vendor check, context set up'],
  ['x86_decode_insn.fetch', 'emulation', 'instruction bytes read through a software walk'],
  ['x86_decode_insn', 'emulation', 'instruction decoded'],
  ['x86_emulate_insn', 'emulation', 'operand read, ALU, writeback'],
  ['emulator_read_write', 'emulation', 'one memory operand set up'],
  ['emulator_read_write_onepage', 'emulation', 'one page part of an operand: GPA known or walked, MMIO test'],
  ['vcpu_mmio_gva_to_gpa', 'emulation', 'operand translated: MMIO cache or GPA of the exit'],
  ['paging64_walk_addr', 'emulation', "software walk of the guest's page tables, one level"],
  ['emulator_read_emulated.ram', 'emulation', 'guest RAM tried for the operand (copy_from/to_user)'],
  ['vcpu_mmio_write', 'emulation', 'MMIO chunk offered to the local APIC, then to the bus'],
  ['vcpu_mmio_read', 'emulation', 'MMIO chunk read: local APIC, then the bus'],
  ['emulator_commit', 'emulation', 'registers, RIP, flags, interruptibility committed'],
  ['mmio_fragment', 'emulation', 'fragment recorded for userspace'],
  ['complete_emulated_mmio', 'emulation', 'userspace completion of one fragment piece'],
  ['handle_io', 'emulation', 'I/O instruction handler: qualification decoded'],
  ['kvm_fast_pio', 'emulation', 'fast PIO without the emulator'],
  ['emulator_pio_in_out', 'emulation', 'one element of string PIO'],
  // --- bus
  ['kvm_io_bus_write', 'bus', 'bus entered: barrier, pointer read'],
  ['kvm_io_bus_cmp', 'bus', 'one comparison of the binary search or of the scan'],
  ['kvm_iodevice_write', 'bus', 'one device called (indirect call)'],
  ['coalesced_mmio_write', 'bus', 'ring lock taken, entry stored'],
  ['kvm_io_bus_register_dev', 'bus', 'bus array copied for a registration, one entry'],
  // --- eventfd
  ['ioeventfd_write', 'eventfd', 'address, length and data matched'],
  ['eventfd_signal', 'eventfd', 'counter raised under its lock, no waiter'],
  ['eventfd_wake', 'eventfd', 'a waiter woken'],
  // --- userspace
  ['kvm_vcpu_ioctl.return', 'userspace', 'vCPU put, FPU put, return to userspace'],
  ['userspace.dispatch_mmio', 'userspace', "the VMM's own work for an MMIO exit"],
  ['userspace.dispatch_pio', 'userspace', "the VMM's own work for a port exit"],
  ['kvm_vcpu_ioctl.entry', 'userspace', 'KVM_RUN entered: vCPU load, FPU load'],
  ['ioctl.memslot', 'userspace', 'KVM_SET_USER_MEMORY_REGION, without its grace periods'],
  ['ioctl.ioeventfd', 'userspace', 'KVM_IOEVENTFD, without its grace periods'],
  ['synchronize_srcu_expedited', 'userspace', 'an expedited SRCU grace period waited for'],
  ['ioctl.get_dirty_log', 'userspace', 'KVM_GET_DIRTY_LOG, one 64-page word'],
] as const satisfies readonly (readonly [string, Stage, string])[];

export type StepName = (typeof ROWS)[number][0];

export interface StepRow {
  readonly id: number;
  readonly name: StepName;
  readonly stage: Stage;
  readonly what: string;
}

export const STEPS: readonly StepRow[] = ROWS.map(([name, stage, what], id) => ({ id, name, stage, what }));

/** Numeric id of each step, by name. */
export const STEP = Object.freeze(Object.fromEntries(STEPS.map((row) => [row.name, row.id]))) as {
  readonly [K in StepName]: number;
};

export const STEP_COUNT = STEPS.length;
