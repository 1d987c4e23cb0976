import { describe, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { flow } from '../driver/flow-list.ts';
import { BELL, expectFlow, flowMachine, FRESH_RAM, settle, warm } from '../driver/flow-machine.ts';
import type { MachineBuilder, MachineDriver } from '../driver/machine-driver.ts';

/** Flows (docs/glossary.md) on EPT where older kernels take other steps. */
interface FlowRow {
  readonly id: string;
  readonly kernel: string;
  readonly what: string;
  readonly build?: (m: MachineBuilder) => MachineBuilder;
  readonly before: (d: MachineDriver) => unknown;
  readonly access: (d: MachineDriver) => unknown;
  readonly steps: string;
}

const byLength = (m: MachineBuilder) => m.ioeventfd('kick', BELL, 4);
const kick = (d: MachineDriver) => d.write32(BELL, 1);

const FLOWS: readonly FlowRow[] = [
  {
    id: 'F3',
    kernel: '3.14',
    what: 'no FAST_MMIO bus to miss, the MMIO handler called at once, the operand walked for, RFLAGS not read',
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      handle_ept_misconfig; hw.vmread
      handle_mmio_page_fault
      x86_emulate_instruction
      x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F3',
    kernel: '4.2',
    what: 'the same behind a miss on the FAST_MMIO bus',
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      handle_mmio_page_fault
      x86_emulate_instruction
      x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F1',
    kernel: '4.2',
    what: 'fast kick: the skip reads length, RIP and interruptibility',
    build: (m) => m.ioeventfd('kick', BELL, 0),
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      hw.vmread x 3; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F7',
    kernel: '4.15',
    what: 'first touch before the TDP MMU: mmu_lock is a spinlock',
    build: byLength,
    before: settle,
    access: kick,
    steps: `
      guest.write
      PRO
      handle_ept_violation; hw.vmread x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot; search_memslots
      mmu_topup_memory_caches
      kvm_handle_noslot_fault; vcpu_cache_mmio_info
      mmu_lock.write; direct_map x 4; make_mmio_spte
      x86_emulate_instruction
      x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F9',
    kernel: '4.15',
    what: 'RAM not present before the TDP MMU: two neighbours that the host has are prefetched',
    build: (m) => m.poke(FRESH_RAM + 0x1000, 1).poke(FRESH_RAM + 0x2000, 1),
    before: settle,
    access: (d) => d.write32(FRESH_RAM, 1),
    steps: `
      guest.write
      PRO
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
    kernel: '4.15',
    what: 'IN goes through the emulator, twice when userspace answers',
    before: () => {},
    access: (d) => d.insn(OP.IN, 4, 0x500),
    steps: `
      guest.in
      PRO
      handle_io; hw.vmread
      x86_emulate_instruction
      x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn
      x86_emulate_insn; emulator_pio_in_out
      kvm_io_bus_write
      kvm_vcpu_ioctl.return; userspace.dispatch_pio; kvm_vcpu_ioctl.entry
      x86_emulate_instruction; x86_emulate_insn
      emulator_commit
      EPI`,
  },
];

describe('flows of older kernels on EPT', () => {
  it.each(FLOWS)('$id on $kernel: $what', ({ kernel, build, before, access, steps }) => {
    const machine = flowMachine({ kernel });
    const d = (build === undefined ? machine : build(machine)).start();
    before(d);
    expectFlow(d, { kernel }, () => access(d), flow(steps));
  });
});
