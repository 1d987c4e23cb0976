import { OP } from '../../core/guest/instruction.ts';
import { FRESH_RAM, byLength, describeFlows, fast, kick, settle, warm, type FlowRow } from '../driver/flow-machine.ts';
import { EMULATED_KICK, FETCHED, HIT, NO_SLOT_FAULT } from '../driver/flow-parts.ts';

/** Flows (docs/glossary.md) on EPT where older kernels take other steps. */
const FLOWS: readonly FlowRow[] = [
  {
    id: 'F3',
    options: { kernel: '3.14' },
    what: 'no FAST_MMIO bus to miss, the MMIO handler called at once, the operand walked for, RFLAGS not read',
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      handle_mmio_page_fault
      ${FETCHED}
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; vcpu_mmio_write
      ${HIT}
      emulator_commit
      EPI`,
  },
  {
    id: 'F3',
    options: { kernel: '4.2' },
    what: 'the same behind a miss on the FAST_MMIO bus',
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      handle_mmio_page_fault
      ${FETCHED}
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; vcpu_mmio_write
      ${HIT}
      emulator_commit
      EPI`,
  },
  {
    id: 'F1',
    options: { kernel: '4.2' },
    what: 'fast kick: the skip reads length, RIP and interruptibility',
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      ${HIT}
      hw.vmread x 3; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F7',
    options: { kernel: '4.15' },
    what: 'first touch before the TDP MMU: mmu_lock is a spinlock',
    build: byLength,
    before: settle,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      ${NO_SLOT_FAULT}
      mmu_lock.write; direct_map x 4; make_mmio_spte
      ${FETCHED}
      ${EMULATED_KICK}`,
  },
  {
    id: 'F9',
    options: { kernel: '4.15' },
    what: 'RAM not present before the TDP MMU: two neighbours that the host has are prefetched',
    build: (m) => m.poke(FRESH_RAM + 0x1000, 1).poke(FRESH_RAM + 0x2000, 1),
    before: settle,
    access: (d) => d.write32(FRESH_RAM, 1),
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      mmu_topup_memory_caches
      kvm_faultin_pfn
      mmu_lock.write; direct_map x 4; tdp_mmu_map_handle_target_level
      direct_pte_prefetch x 2
      EPI
      guest.write`,
  },
  {
    id: 'PIO',
    options: { kernel: '4.15' },
    what: 'IN goes through the emulator, twice when userspace answers',
    before: () => {},
    access: (d) => d.insn(OP.IN, 4, 0x500),
    steps: `
      guest.in; PRO
      handle_io; hw.vmread
      ${FETCHED}
      x86_emulate_insn; emulator_pio_in_out
      kvm_io_bus_write
      kvm_vcpu_ioctl.return; userspace.dispatch_pio; kvm_vcpu_ioctl.entry
      x86_emulate_instruction; x86_emulate_insn
      emulator_commit
      EPI`,
  },
];

describeFlows('flows of older kernels on EPT', FLOWS);
