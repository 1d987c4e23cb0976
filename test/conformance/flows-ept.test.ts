import { OP } from '../../core/guest/instruction.ts';
import {
  BELL,
  EXTRA,
  FRESH_RAM,
  OTHER_PAGE,
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
import { EMULATED_KICK, FETCHED, HIT, MMIO_STORE, NO_SLOT_FAULT, TO_VMM } from '../driver/flow-parts.ts';
import { memslot } from '../driver/machine-driver.ts';

/** Flows (docs/glossary.md) on EPT, kernel 7.0: each the ordered steps of one access. */
const FLOWS: readonly FlowRow[] = [
  {
    id: 'F1',
    what: 'fast kick',
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread                           # allowed check, GPA
      ${HIT}                                                    # Bus(FAST) hit
      hw.vmread x 4; skip_emulated_instruction                  # length, RIP, interruptibility, RFLAGS
      EPI`,
  },
  {
    id: 'F1n',
    what: 'fast kick, KVM itself in a VM',
    options: { nestedHost: true },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      ${HIT}                                                    # Bus(FAST) hit
      ${FETCHED}                                                # skip by decode
      skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F3',
    what: 'ioeventfd with a length, MMIO cache hit',
    build: byLength,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write                                          # Bus(FAST) miss: the bus is empty
      kvm_mmu_page_fault; handle_mmio_page_fault                # RSVD handler: cache hit
      ${FETCHED}
      ${EMULATED_KICK}                                          # GPA known; Bus(MMIO)`,
  },
  {
    id: 'F3',
    what: 'the same, another MMIO page in the vCPU MMIO cache',
    build: byLength,
    before: (d) => warm(d).write32(OTHER_PAGE, 1),
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      kvm_mmu_page_fault; handle_mmio_page_fault
      get_mmio_spte x 4; check_mmio_spte; vcpu_cache_mmio_info  # RSVD handler: SPTE walk
      ${FETCHED}
      ${EMULATED_KICK}`,
  },
  {
    id: 'F4',
    what: 'MMIO write to userspace',
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      kvm_mmu_page_fault; handle_mmio_page_fault
      ${FETCHED}
      ${MMIO_STORE}
      kvm_io_bus_write                                          # Bus(MMIO) miss
      mmio_fragment; emulator_commit                            # fragment, commit
      ${TO_VMM}
      EPI`,
  },
  {
    id: 'F5',
    what: 'MMIO read from userspace',
    before: warm,
    access: (d) => d.read32(BELL),
    steps: `
      guest.read; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      kvm_mmu_page_fault; handle_mmio_page_fault
      ${FETCHED}
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; vcpu_mmio_read
      kvm_io_bus_write
      mmio_fragment                                             # no commit
      ${TO_VMM}
      x86_emulate_instruction                                   # again, without decode
      x86_emulate_insn; emulator_read_write
      emulator_commit
      EPI`,
  },
  {
    id: 'F6',
    what: 'stale generation of the MMIO SPTE',
    build: byLength,
    before: (d) => warm(d).host(memslot(7, EXTRA, 4096)),
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_misconfig; hw.vmread
      kvm_io_bus_write
      kvm_mmu_page_fault; handle_mmio_page_fault
      get_mmio_spte x 4; check_mmio_spte                        # SPTE walk, mismatch
      kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot; search_memslots x 2              # slot lookup
      mmu_topup_memory_caches
      kvm_handle_noslot_fault; vcpu_cache_mmio_info             # no slot, cache fill
      mmu_lock.read; kvm_tdp_mmu_map x 4; make_mmio_spte        # new MMIO SPTE
      ${FETCHED}
      ${EMULATED_KICK}`,
  },
  {
    id: 'F7',
    what: 'first touch of an MMIO page: the MMIO twin, although the ioeventfd has no length',
    build: fast,
    before: settle,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2                       # qualification, GPA
      ${NO_SLOT_FAULT}                                          # no slot, cache fill
      mmu_lock.read; kvm_tdp_mmu_map x 4; make_mmio_spte
      ${FETCHED}
      ${EMULATED_KICK}                                          # Bus(MMIO)`,
  },
  {
    id: 'F8',
    what: 'MMIO caching off: every access',
    options: { switches: { mmioCaching: false } },
    build: fast,
    before: warm,
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      ${NO_SLOT_FAULT}                                          # no lock, no SPTE
      ${FETCHED}
      ${EMULATED_KICK}`,
  },
  {
    id: 'F9',
    what: 'RAM not present',
    before: settle,
    access: (d) => d.write32(FRESH_RAM, 1),
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      mmu_topup_memory_caches
      kvm_faultin_pfn                                           # host page
      mmu_lock.read; kvm_tdp_mmu_map x 4; tdp_mmu_map_handle_target_level
      EPI
      guest.write`,
  },
  {
    id: 'F10',
    what: 'dirty-log write fault, on a CPU without PML',
    options: { cpu: 'haswell' },
    before: logged,
    access: (d) => d.write32(RAM, 1),
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      page_fault_handle_page_track                              # present and write
      fast_page_fault x 4; fast_pf_fix_direct_spte              # no lock
      EPI
      guest.write`,
  },
  {
    id: 'F10',
    what: 'with PML the same write does not exit',
    before: logged,
    access: (d) => d.write32(RAM, 1),
    steps: 'guest.write',
  },
  {
    id: 'F11',
    what: 'write to a read-only slot whose page is mapped',
    build: (m) => byLength(m).ram(BELL, 4096, { readonly: true, map: null }),
    before: (d) => d.read32(BELL),
    access: kick,
    steps: `
      guest.write; PRO
      handle_ept_violation; hw.vmread x 2
      kvm_mmu_page_fault; kvm_tdp_page_fault
      kvm_vcpu_gfn_to_memslot
      page_fault_handle_page_track
      fast_page_fault x 4                                       # not MMU-writable
      mmu_topup_memory_caches
      kvm_handle_error_pfn                                      # read-only and a write, no lock
      ${FETCHED}
      x86_emulate_insn; emulator_read_write; emulator_read_write_onepage
      vcpu_mmio_gva_to_gpa; emulator_read_emulated.ram          # RAM refused
      vcpu_mmio_write
      ${HIT}
      emulator_commit
      EPI`,
  },
  {
    id: 'F17',
    what: 'OUT kick',
    build: (m) => m.ioeventfd('kick', 0x500, 4, { pio: true }),
    before: () => {},
    access: (d) => d.insn(OP.OUT, 4, 0x500, 1),
    steps: `
      guest.out; PRO
      handle_io; hw.vmread; kvm_fast_pio                        # qualification
      ${HIT}                                                    # Bus(PIO)
      hw.vmread x 4; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'F18',
    what: 'OUT to userspace',
    before: () => {},
    access: (d) => d.insn(OP.OUT, 4, 0x500, 1),
    steps: `
      guest.out; PRO
      handle_io; hw.vmread; kvm_fast_pio
      kvm_io_bus_write                                          # Bus(PIO) miss
      kvm_vcpu_ioctl.return; userspace.dispatch_pio; kvm_vcpu_ioctl.entry
      hw.vmread x 4; skip_emulated_instruction                  # on return skip
      EPI`,
  },
  {
    id: 'F20',
    what: 'a memslot created: the vCPU is kicked',
    before: warm,
    access: (d) => d.host(memslot(7, EXTRA, 4096)),
    steps: 'PRO; EPI',
  },
  {
    id: 'F20',
    what: 'a memslot deleted: roots freed, a new one loaded',
    build: (m) => m.ram(EXTRA, 4096, { map: null }),
    before: warm,
    access: (d) => d.host(memslot(1, EXTRA, 0)),
    steps: 'PRO; kvm_mmu_reload; hw.invept; EPI',
  },
];

describeFlows('flows on EPT', FLOWS);
