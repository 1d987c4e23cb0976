import { describe, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { flow } from '../driver/flow-list.ts';
import { BELL, EXTRA, expectFlow, flowMachine, FRESH_RAM, RAM, settle, warm } from '../driver/flow-machine.ts';
import { type DriveOptions, type MachineBuilder, type MachineDriver, memslot } from '../driver/machine-driver.ts';

/** Flows (docs/glossary.md) on NPT: each the ordered steps of one access. Decode assists bring the instruction's bytes. */
interface FlowRow {
  readonly id: string;
  readonly what: string;
  readonly options: DriveOptions;
  readonly build?: (m: MachineBuilder) => MachineBuilder;
  readonly before: (d: MachineDriver) => unknown;
  readonly access: (d: MachineDriver) => unknown;
  readonly steps: string;
}

const NPT: DriveOptions = { mmu: 'npt' };
const fast = (m: MachineBuilder) => m.ioeventfd('kick', BELL, 0);
const byLength = (m: MachineBuilder) => m.ioeventfd('kick', BELL, 4);
const kick = (d: MachineDriver) => d.write32(BELL, 1);

const FLOWS: readonly FlowRow[] = [
  {
    id: 'F2',
    what: 'fast kick, with a next RIP',
    options: { ...NPT, switches: { nripOnNpf: true } },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2                      # error code, GPA; allowed check, next RIP
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write  # Bus(FAST)
      ioeventfd_write; eventfd_signal
      hw.vmcb_access x 4; skip_emulated_instruction             # RIP = next RIP
      EPI`,
  },
  {
    id: 'F12',
    what: 'the same without a next RIP: emulated',
    options: NPT,
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault                # RSVD handler
      x86_emulate_instruction; x86_decode_insn                  # bytes supplied
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write  # Bus(MMIO)
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F12',
    what: 'before 7.0, with a next RIP',
    options: { ...NPT, kernel: '6.19', switches: { nripOnNpf: true } },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault
      x86_emulate_instruction; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F4',
    what: 'MMIO write to userspace',
    options: NPT,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault
      x86_emulate_instruction; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write
      mmio_fragment; emulator_commit
      kvm_vcpu_ioctl.return; userspace.dispatch_mmio; kvm_vcpu_ioctl.entry
      complete_emulated_mmio
      EPI`,
  },
  {
    id: 'F7',
    what: 'first touch of an MMIO page',
    options: NPT,
    build: byLength,
    before: settle,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot; search_memslots
      mmu_topup_memory_caches
      kvm_handle_noslot_fault; vcpu_cache_mmio_info
      mmu_lock.read; kvm_tdp_mmu_map x 4; make_mmio_spte
      x86_emulate_instruction; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F8',
    what: 'no reserved bit to mark MMIO by (MAXPHYADDR 52): every access',
    options: { ...NPT, switches: { maxphyaddr: 52 } },
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot; search_memslots
      mmu_topup_memory_caches
      kvm_handle_noslot_fault; vcpu_cache_mmio_info
      x86_emulate_instruction; x86_decode_insn
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_write
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      emulator_commit
      EPI`,
  },
  {
    id: 'F9',
    what: 'RAM not present',
    options: NPT,
    before: settle,
    access: (d) => d.write32(FRESH_RAM, 1),
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      mmu_topup_memory_caches
      kvm_faultin_pfn
      mmu_lock.read; kvm_tdp_mmu_map x 4; tdp_mmu_map_handle_target_level
      EPI
      guest.write`,
  },
  {
    id: 'F10',
    what: 'dirty-log write fault',
    options: NPT,
    before: (d) => {
      settle(d).write32(FRESH_RAM, 1);
      d.host(memslot(0, 0, 1 << 20, { logDirty: true }));
      d.write32(FRESH_RAM, 2);
    },
    access: (d) => d.write32(RAM, 1),
    steps: `
      guest.write
      PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      page_fault_handle_page_track
      fast_page_fault x 4; fast_pf_fix_direct_spte
      EPI
      guest.write`,
  },
  {
    id: 'F17',
    what: 'OUT kick',
    options: NPT,
    build: (m) => m.ioeventfd('kick', 0x500, 4, { pio: true }),
    before: () => {},
    access: (d) => d.insn(OP.OUT, 4, 0x500, 1),
    steps: `
      guest.out
      PRO
      handle_io; hw.vmcb_access; kvm_fast_pio                   # EXITINFO1
      kvm_io_bus_write; kvm_io_bus_cmp x 2; kvm_iodevice_write
      ioeventfd_write; eventfd_signal
      hw.vmcb_access x 4; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F18',
    what: 'OUT to userspace',
    options: NPT,
    before: () => {},
    access: (d) => d.insn(OP.OUT, 4, 0x500, 1),
    steps: `
      guest.out
      PRO
      handle_io; hw.vmcb_access; kvm_fast_pio
      kvm_io_bus_write
      kvm_vcpu_ioctl.return; userspace.dispatch_pio; kvm_vcpu_ioctl.entry
      hw.vmcb_access x 4; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F20',
    what: 'a memslot deleted: roots freed, a new one loaded; the ASID is flushed by the next VMRUN',
    options: NPT,
    build: (m) => m.ram(EXTRA, 4096, { map: null }),
    before: warm,
    access: (d) => d.host(memslot(1, EXTRA, 0)),
    steps: 'PRO; kvm_mmu_reload; EPI',
  },
];

describe('flows on NPT', () => {
  it.each(FLOWS)('$id: $what', ({ options, build, before, access, steps }) => {
    const machine = flowMachine(options);
    const d = (build === undefined ? machine : build(machine)).start();
    before(d);
    expectFlow(d, options, () => access(d), flow(steps));
  });
});
