import { OP } from '../../core/guest/instruction.ts';
import {
  EXTRA,
  FRESH_RAM,
  RAM,
  byLength,
  describeFlows,
  fast,
  kick,
  logged,
  settle,
  warm,
  type FlowRow,
} from '../driver/flow-machine.ts';
import { EMULATED_KICK, HIT, MMIO_STORE, NO_SLOT_FAULT, TO_VMM } from '../driver/flow-parts.ts';
import { type DriveOptions, memslot } from '../driver/machine-driver.ts';

const NPT: DriveOptions = { mmu: 'npt' };

/** Flows (docs/glossary.md) on NPT: each the ordered steps of one access. Decode assists bring the instruction's bytes. */
const FLOWS: readonly FlowRow[] = [
  {
    id: 'F2',
    what: 'fast kick, with a next RIP',
    options: { ...NPT, switches: { nripOnNpf: true } },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2                      # error code, GPA; allowed check, next RIP
      ${HIT}                                                    # Bus(FAST)
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
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault                # RSVD handler
      x86_emulate_instruction; x86_decode_insn                  # bytes supplied
      ${EMULATED_KICK}                                          # Bus(MMIO)`,
  },
  {
    id: 'F12',
    what: 'before 7.0, with a next RIP',
    options: { ...NPT, kernel: '6.19', switches: { nripOnNpf: true } },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault
      x86_emulate_instruction; x86_decode_insn
      ${EMULATED_KICK}`,
  },
  {
    id: 'F4',
    what: 'MMIO write to userspace',
    options: NPT,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; handle_mmio_page_fault
      x86_emulate_instruction; x86_decode_insn
      ${MMIO_STORE}
      kvm_io_bus_write
      mmio_fragment; emulator_commit
      ${TO_VMM}
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
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2
      ${NO_SLOT_FAULT}
      mmu_lock.read; kvm_tdp_mmu_map x 4; make_mmio_spte
      x86_emulate_instruction; x86_decode_insn
      ${EMULATED_KICK}`,
  },
  {
    id: 'F8',
    what: 'no reserved bit to mark MMIO by (MAXPHYADDR 52): every access',
    options: { ...NPT, switches: { maxphyaddr: 52 } },
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      npf_interception; hw.vmcb_access x 2
      ${NO_SLOT_FAULT}
      x86_emulate_instruction; x86_decode_insn
      ${EMULATED_KICK}`,
  },
  {
    id: 'F9',
    what: 'RAM not present',
    options: NPT,
    before: settle,
    access: (d) => d.write32(FRESH_RAM, 1),
    steps: `
      guest.write; PRO
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
    before: logged,
    access: (d) => d.write32(RAM, 1),
    steps: `
      guest.write; PRO
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
      guest.out; PRO
      handle_io; hw.vmcb_access; kvm_fast_pio                   # EXITINFO1
      ${HIT}
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
      guest.out; PRO
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

describeFlows('flows on NPT', FLOWS);
