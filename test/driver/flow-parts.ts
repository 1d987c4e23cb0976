// Steps that many flows share, as text for `flow` (flow-list.ts).

/** The emulator is entered, fetches the instruction through a walk of four levels, and decodes it. */
export const FETCHED = `
  x86_emulate_instruction
  x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn`;

/** A decoded store to a page known for MMIO, up to the bus. */
export const MMIO_STORE = `
  x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
  vcpu_mmio_gva_to_gpa; vcpu_mmio_write`;

/** A bus finds the ioeventfd at the second comparison. */
export const HIT = `
  kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
  ioeventfd_write; eventfd_signal`;

/** A decoded store that signals an ioeventfd on the MMIO bus, to the end of the flow. */
export const EMULATED_KICK = `${MMIO_STORE}${HIT}
  emulator_commit
  EPI`;

/** The fault path of a page without a memslot, up to the decision to cache it as MMIO. */
export const NO_SLOT_FAULT = `
  kvm_mmu_page_fault; kvm_tdp_page_fault
  kvm_vcpu_gfn_to_memslot; search_memslots
  mmu_topup_memory_caches
  kvm_handle_noslot_fault; vcpu_cache_mmio_info`;

/** The VMM answers an MMIO exit. */
export const TO_VMM = `
  kvm_vcpu_ioctl.return; userspace.dispatch_mmio; kvm_vcpu_ioctl.entry
  complete_emulated_mmio`;
