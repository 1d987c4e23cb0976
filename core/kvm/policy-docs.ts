import type { IoPolicy } from './io/io-policy.ts';
import type { GenerationPolicy, SlotPolicy } from './memslots/slot-policy.ts';
import type { KvmPolicy } from './policy.ts';

export interface PolicyDoc {
  /** What the field decides, and how its values differ. */
  readonly doc: string;
  /** Since when, and where that was read. */
  readonly source: string;
}

type OwnField = Exclude<keyof KvmPolicy, 'io' | 'slots'>;

export const POLICY_DOCS: { readonly [K in OwnField]: PolicyDoc } = {
  fastMmioOnEptMisconfig: {
    doc: 'handle_ept_misconfig() asks the FAST_MMIO bus about the GPA before anything else; a hit skips the instruction',
    source: '68c3b4d1676d, 3.15; virt/kvm/eventfd.c',
  },
  fastMmioOnNpf: {
    doc: 'npf_interception() asks the FAST_MMIO bus when the error code has RSVD',
    source: '01cde4eaaeca, 7.0 (absent in 6.19); the trees on both sides',
  },
  fastMmioRefusedInL2: {
    doc: 'no FAST_MMIO while L2 runs: the GPA of the exit would be an L2 address',
    source: '4.15 or before; the trees on both sides',
  },
  fastMmioSkip: {
    doc: 'how a fast kick advances RIP on Intel: by VM_EXIT_INSTRUCTION_LEN blindly, or by decoding when KVM itself runs under a hypervisor, which may leave that field unset',
    source: 'd391f1207067, 4.15 stable and 4.16; the trees on both sides; Intel SDM vol. 3C, "Instruction length"',
  },
  nextRipRequired: {
    doc: 'on AMD a fast kick needs a next RIP in the VMCB; without one the access is emulated. Otherwise the skip decodes',
    source: '01cde4eaaeca; arch/x86/kvm/vmx/vmx.c and svm/svm.c',
  },
  violationHook: {
    doc: 'where an EPT violation or an #NPF asks the FAST_MMIO bus: nowhere, at the head of the handler, there but only for writes, or where a write to a read-only slot was recognised',
    source:
      'RFC "vmx: allow ioeventfd for EPT violations", August 2015, and its review; seed 001 in docs/references.md',
  },
  nestedPaging: {
    doc: 'KVM uses EPT and NPT, or has only shadow paging: because the code is not there yet, or because its first form is not modelled',
    source: '1439442c7b25 (EPT) and 709ddebf81cb (NPT), 2.6.26: recalled',
  },
  vpid: {
    doc: 'on Intel each vCPU has a VPID of its own; without one, entries and exits drop every linear and combined mapping',
    source: '2384d2b32640, 2.6.26: recalled',
  },
  mmu: {
    doc: 'who fills the nested tables: the direct-map part of the shadow MMU with its 8-entry prefetch, or the TDP MMU',
    source: 'TDP MMU 5.10, default from 5.15; arch/x86/kvm/mmu/mmu.c',
  },
  mmuLock: {
    doc: 'what a page fault holds: kvm->lock, a mutex of the whole VM, from before the walk to behind the emulation; mmu_lock as a spinlock around the change of the tables; or mmu_lock as an rwlock that TDP faults take for reading',
    source:
      'drivers/kvm/vmx.c of 2.6.24 (handle_exception); spinlock 2.6.25; 531810caa9f4, 5.12; arch/x86/kvm/mmu/mmu.c',
  },
  shadowMmu: {
    doc: 'the generation of the shadow MMU. 2007: every guest table is write-protected, one flood counter a vCPU, only writable entries are in the reverse map, what upper levels allow is merged into the leaf but is no part of a role. 2008: roles carry the access rights, a zapped root is invalid at once, a flood is told by the accessed bit of the last entry filled. unsync: leaf tables may be written without exits and are synchronised at flushes',
    source: 'drivers/kvm/mmu.c of 2.6.24, arch/x86/kvm/mmu.c of 2.6.26; unsync pages 4731d4c7a077 (2.6.28: recalled)',
  },
  bypassGuestPf: {
    doc: 'shadow entries of absent guest pages are really not present, all others present with reserved bits, and on Intel only faults with the present bit leave the guest: off; as posted (guest table scanned first and write-protected after, 32-bit guests left out); or corrected (write-protected first, leaf tables of 32-bit guests included)',
    source:
      'c7addb902054, 2.6.25 (module parameter bypass_guest_pf); corrected in arch/x86/kvm/mmu.c of 2.6.26; removed by c37079586f31, 3.1: recalled; seed 002 in docs/references.md',
  },
  cachedRoots: {
    doc: 'shadow roots of previous values of CR3 that are kept. With them a MOV to CR3 that finds its root synchronises and flushes only as far as the guest asked (bit 63 under PCID), and INVLPG flushes one address; without, every MOV to CR3 loads a root, and both flush everything',
    source:
      '7c390d350f8b and 956bf3531fba, 4.19: recalled; arch/x86/kvm/mmu/mmu.c (kvm_mmu_new_pgd, kvm_mmu_invalidate_addr)',
  },
  invlpgSync: {
    doc: 'what INVLPG does to an entry of an unsync shadow page: zaps it and fills it again from the guest entry, or synchronises it',
    source:
      '6.4: recalled; FNAME(invlpg) of arch/x86/kvm/paging_tmpl.h before, FNAME(sync_spte) of arch/x86/kvm/mmu/paging_tmpl.h since',
  },
  mmuNotifier: {
    doc: 'the host can take pages from a guest: KVM is told (MMU notifier) and drops their entries. Without, pages that were shadowed are pinned, or are the kernel’s own (2.6.24)',
    source: 'e930bffe95e1, 2.6.27: recalled; drivers/kvm/kvm_main.c of 2.6.24 (kvm_vm_ioctl_set_memory_region)',
  },
  mmioCaching: {
    doc: 'MMIO accesses are remembered in reserved SPTEs (module parameter mmio_caching)',
    source: 'ce88decffd17, 3.1; parameter 5.10; include/linux/kvm_host.h',
  },
  readOnlySlotSpte: {
    doc: 'the SPTE of a page in a read-only slot: readable and not writable, or reserved so that every access exits (for regions that are mostly written)',
    source: 'review of the RFC of August 2015, second alternative; seed 001 in docs/references.md',
  },
  pageTrack: {
    doc: 'present write faults test whether the gfn is write-tracked',
    source: '3d0c27ad6ee4, 4.6; arch/x86/kvm/mmu/page_track.c',
  },
  accessTracking: {
    doc: 'a fault on a not-present SPTE may be an access-tracked one, so the fast page fault looks, unless the CPU has A/D bits',
    source: 'f160c7b7bb32, 4.12; arch/x86/kvm/mmu/mmu.c',
  },
  pml: {
    doc: 'page-modification logging is used where the CPU has it',
    source: '843e4330573c, 4.0',
  },
  eagerPageSplit: {
    doc: 'enabling dirty logging splits huge pages at once',
    source: 'a3fe5dbda0a4, 5.18; arch/x86/kvm/mmu/mmu.c',
  },
  tdp5Level: {
    doc: 'five-level nested tables are used where the CPU has them and guest addresses need them',
    source: '855feb673640, 4.14',
  },
  misconfigHandler: {
    doc: 'what handle_ept_misconfig() calls when no fast kick was found: handle_mmio_page_fault() itself, and the page-fault handler only for a stale SPTE; or the page-fault handler with the reserved bit',
    source: 'e08d26f0714c, 4.14: recalled; arch/x86/kvm/vmx/vmx.c and svm/svm.c',
  },
  fastPioIn: {
    doc: 'IN without a string goes past the emulator: nowhere, on AMD, or on both',
    source:
      'both in drivers/kvm of 2.6.24 (kvm_emulate_pio); ' +
      '8370c3d08bd9, 4.1 (AMD) and 432baf60eee3, 4.17 (Intel): recalled; inl_from_kernel of 2017 is emulated in b7ffc44d5b2e',
  },
  exitGpaUsed: {
    doc: 'the emulator takes the GPA of the exit for a sole memory operand; before, it walked the guest tables',
    source: '618232e2196a, 4.14; arch/x86/kvm/x86.c',
  },
  rmwFaultsAsWrite: {
    doc: 'a page fault that the emulator meets when it reads the operand of a read-modify-write has the write bit in its error code, as the CPU’s has',
    source: 'c205fb7d7d4f, 4.0: recalled; arch/x86/kvm/emulate.c, x86_emulate_insn',
  },
  usesInsnBytes: {
    doc: 'decode assists of AMD are used: the instruction bytes in the VMCB, and what MOV to CR and INVLPG name. Before, the emulator fetched the instruction through the guest’s tables',
    source: '7ff76d58a9dc, df4f3108562d and dc25e89e07d5, 2.6.38 and 2.6.39: recalled; arch/x86/kvm/svm/svm.c',
  },
  emptyInsnBufferReenters: {
    doc: 'an emulation for which the CPU supplied an instruction buffer of zero bytes re-enters the guest; otherwise the emulator fetches by itself',
    source: '4.15, gone by 6.16; arch/x86/kvm/vmx/vmx.c and svm/svm.c',
  },
  repInOneExit: {
    doc: 'the emulator goes on with a REP string instruction until its count reaches a multiple of 1024; before, the guest was entered again after each iteration',
    source:
      '"KVM: x86 emulator: restart string instruction without going back to a guest", 2.6.35: recalled; x86_emulate.c of 2.6.24 and 2.6.26',
  },
  vectoringCheck: {
    doc: 'an EPT misconfiguration while an event is delivered: KVM_EXIT_INTERNAL_ERROR from the exit handler, or a silent re-entry; and an EPT violation then: emulated, or refused with that error',
    source: 'at-emulation in 6.18 and later; arch/x86/kvm/x86.c and arch/x86/kvm/vmx/vmx.c and svm/svm.c',
  },
  writeProtectRetry: {
    doc: 'where a write to a guest table by an instruction that does not write tables is answered by releasing the table. retry_instruction: the RIP and address, which keep the vCPU from trying for ever, are forgotten with every emulated instruction, and a root counts as released. write_protect_fault: they are kept until a write-protect fault elsewhere, and a table that is a root of some vCPU does not count, so that the instruction is emulated',
    source:
      'write_protect_fault since 6.12: kvm_mmu_write_protect_fault() and kvm_mmu_unprotect_gfn_and_retry() in arch/x86/kvm/mmu/mmu.c; before it retry_instruction() in arch/x86/kvm/x86.c and kvm_mmu_unprotect_page(): recalled',
  },
  slotsGuard: {
    doc: 'what keeps the memslots while a vCPU is out of the guest: nothing but kvm->lock inside the handlers, the rw semaphore slots_lock from exit to entry, or an SRCU read lock',
    source:
      '__vcpu_run in drivers/kvm/kvm_main.c of 2.6.24; 3200f405a1e8, 2.6.26, and f656ce0185cc (SRCU), 2.6.34: recalled',
  },
  xcr0: {
    doc: "guest XCR0: unknown to KVM, loaded once and kept until the FPU is put, swapped inside the vendor's run function, or swapped outside the fastpath loop",
    source:
      'unknown until 2.6.35 (2acf923e38fb): recalled; lazy until 4.5, inner 4.6 to 6.18, outer from 6.19 (75c69c82f211); arch/x86/kvm/x86.c, vcpu_enter_guest',
  },
  pkru: {
    doc: "guest PKRU: unknown to KVM, swapped inside the vendor's run function, or just outside the fastpath loop",
    source: '1be0e61c1f25, 4.6: recalled; outside from 6.19 (7649412af3ea); arch/x86/kvm/x86.c, vcpu_enter_guest',
  },
  fastpath: {
    doc: 'exits that are answered inside the run loop, without SRCU and with IRQs off: none; WRMSR of the x2APIC ICR and of TSC_DEADLINE, the VMX preemption timer, HLT; or also INVD and WRMSR with an immediate. AMD needs a next RIP',
    source:
      '5.5 (ICR) and 5.8 (timers): recalled; HLT read in 6.16, INVD and immediate WRMSR in 6.18; vmx_exit_handlers_fastpath, svm_exit_handlers_fastpath',
  },
  fastMmioInLoop: {
    doc: 'the FAST_MMIO kick is answered inside the fastpath loop, which takes SRCU for it and must not decode: no kernel does',
    source: 'a what-if of this project; the conditions are those of core/kvm/run-loop/fastpath.ts',
  },
  hvTimer: {
    doc: 'the VMX preemption timer serves the deadlines of an in-kernel APIC (module parameter preemption_timer)',
    source: '64672c95ea4c and ce7a058a2117, 4.7: recalled',
  },
  x2avic: { doc: 'AVIC is on by default where the CPU has it for x2APIC mode', source: 'ca2967de5a5b, 6.18: recalled' },
  tdx: { doc: 'VMs can be TDs (TDX)', source: 'arch/x86/kvm/vmx/tdx.c; vCPUs from 6.16' },
  mcHandling: {
    doc: 'where a machine check that came in the guest (SVM) or during VM entry (VMX, TDX) is handed to the host: inside the run function; outside, by version 1 of the patches, whose wrapper returned early for TDs and so left out what handle_exit_irqoff does for them; or outside as merged',
    source: 'seed 003 in docs/references.md: version 1 of October 2025; 63669bd1d50f and ebd1a3365500, 6.19',
  },
  ops: {
    doc: 'kvm_x86_ops are called through pointers, which a retpoline makes expensive, or patched into direct calls',
    source: 'core/cost/exit-frame.ts; static calls 5.12',
  },
  skipReadsTrapFlag: {
    doc: 'skipping an instruction looks at RFLAGS.TF',
    source: 'core/cost/exit-frame.ts; 4.10',
  },
  underHypervisor: {
    doc: 'KVM runs in a virtual machine itself (CPUID HYPERVISOR bit): the outer hypervisor may leave the instruction length unset',
    source: 'Intel SDM vol. 3C, "Instruction length"; d391f1207067',
  },
};

export const IO_POLICY_DOCS: { readonly [K in keyof IoPolicy]: PolicyDoc } = {
  ioeventfd: { doc: 'KVM_IOEVENTFD exists', source: 'd34e6b175e61, 2.6.32: recalled' },
  coalescedMmio: { doc: 'coalesced MMIO zones exist', source: '5f94c1741bdc, 2.6.27: recalled' },
  busDeviceLimit: {
    doc: 'devices other than ioeventfds that one bus holds (NR_IOBUS_DEVS)',
    source: 'include/linux/kvm_host.h and virt/kvm/kvm_main.c',
  },
  busInsertion: {
    doc: 'a bus range is copied in at its place, or appended and heap-sorted, which leaves the order of equals undefined',
    source: 'virt/kvm/kvm_main.c',
  },
  zeroLengthCompare: {
    doc: 'a range of length 0 is compared by its start alone; before, no write of a real length found it and such kicks reached userspace',
    source: 'virt/kvm/eventfd.c; "fix zero length mmio searching", September 2015',
  },
  registerFrees: {
    doc: 'a bus registration frees the old array by call_srcu(), or waits for an expedited grace period',
    source: '6.18; the trees on both sides and virt/kvm/kvm_main.c',
  },
  zeroLength: {
    doc: 'KVM_IOEVENTFD takes length 0 (any length)',
    source: '68c3b4d1676d and f848a5a8dcb6, 3.15; the trees on both sides',
  },
  zeroLengthPio: {
    doc: 'KVM_IOEVENTFD takes length 0 on the port bus',
    source: '4.4 with KVM_CAP_IOEVENTFD_ANY_LENGTH; the trees on both sides',
  },
  fastMmioTwin: {
    doc: 'the FAST_MMIO entry of a zero-length ioeventfd: none, the same device on two buses (first form), or an object of its own',
    source: 'virt/kvm/eventfd.c',
  },
  ioeventfdFlags: {
    doc: 'flag bits that KVM_IOEVENTFD accepts',
    source: 'virt/kvm/eventfd.c',
  },
  coalescedPio: {
    doc: 'coalesced zones exist for ports too',
    source: '0804c849f1df, 4.20; virt/kvm/coalesced_mmio.c',
  },
};

type SlotScalar = Exclude<keyof SlotPolicy, 'generation'>;

export const SLOT_POLICY_DOCS: { readonly [K in SlotScalar]: PolicyDoc } = {
  userSlots: {
    doc: 'user memslots per address space',
    source: '125 before 3.18, 509 in 4.2, 32764 from 5.12; include/linux/kvm_host.h',
  },
  addressSpaces: {
    doc: 'memslot address spaces: one, or two with SMM',
    source: 'f481b069e674, 4.2; include/linux/kvm_host.h',
  },
  maxPages: { doc: 'pages of one slot at most', source: 'include/linux/kvm_host.h' },
  maxGfn: { doc: 'last guest frame of a slot: set from the MAXPHYADDR of the host', source: 'virt/kvm/kvm_main.c' },
  readonlyMem: { doc: 'KVM_MEM_READONLY exists', source: '4d8b81abc47b, 3.7: recalled' },
  userAddressLimit: { doc: 'first host virtual address that is not the user’s', source: 'TASK_SIZE_MAX, x86-64' },
  guestMemfd: { doc: 'slots with private memory', source: '6.8; virt/kvm/kvm_main.c' },
  zapAll: {
    doc: 'deleting or moving a memslot invalidates every root of the VM, not only the range of the slot (KVM_X86_QUIRK_SLOT_ZAP_ALL since it is optional)',
    source: 'virt/kvm/kvm_main.c',
  },
};

export const GENERATION_DOCS: { readonly [K in keyof GenerationPolicy]: PolicyDoc } = {
  start: {
    doc: 'memslot generation of a new VM; the old kernels start shortly before the wrap so that it gets exercised',
    source: 'virt/kvm/kvm_main.c (-150 in 4.2)',
  },
  step: { doc: 'what one swap of the memslots adds to the generation', source: 'virt/kvm/kvm_main.c' },
  inProgress: { doc: 'how an update under way is marked', source: 'bit 63 from 5.1; virt/kvm/kvm_main.c' },
  mmioBits: { doc: 'bits of the generation that MMIO caching compares', source: 'include/linux/kvm_host.h' },
  mmioDroppedBits: { doc: 'low bits of it that an SPTE does not store', source: 'include/linux/kvm_host.h' },
  spaceBits: { doc: 'low bits left out when a wrap is looked for', source: '5.1; virt/kvm/kvm_main.c' },
};
