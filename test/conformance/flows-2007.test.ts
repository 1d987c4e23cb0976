import { describe, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { flow } from '../driver/flow-list.ts';
import { expectFlow } from '../driver/flow-machine.ts';
import { drive, type DriveOptions, type MachineDriver } from '../driver/machine-driver.ts';

/**
 * Flows F13 to F16 (docs/glossary.md) of the shadow MMU before unsync pages, each the ordered steps of one access: 2.6.24 as it was, with
 * c7addb902054 applied, and 2.6.26. Read in drivers/kvm of 2.6.24 and arch/x86/kvm of 2.6.26.
 */
interface FlowRow {
  readonly id: string;
  readonly what: string;
  readonly options: DriveOptions;
  readonly before?: (d: MachineDriver, table: number) => unknown;
  readonly access: (d: MachineDriver, table: number) => unknown;
  readonly steps: string;
}

const TABLES = 0xf0_0000;
const RAM = 0x100_0000;
/** Eight pages the guest has mapped, neither accessed nor dirty; eight more it has not, and whose entries nobody but the tests writes. */
const PAGE = 0x4000_0000;
const ABSENT = PAGE + 8 * 4096;
const FRAME = 0x20_0000;
const MMIO = 0x5000_0000;
/** P, R/W, U/S, A, D. */
const BITS = 0x67;

/** Guest-physical address of the leaf table of PAGE. */
function leafTable(d: MachineDriver): number {
  let table = TABLES;
  for (let level = 4; level > 1; level--) {
    const at = table + (Math.floor(PAGE / 2 ** (12 + 9 * (level - 1))) % 512) * 8;
    table = Number(d.read64(at)! & ~0xfffn);
  }
  return table;
}

/** A guest with 4-level paging whose leaf table of PAGE is mapped writable, and not shadowed yet. */
function start(options: DriveOptions): [MachineDriver, number] {
  const d = drive({ mitigations: 'none', ...options })
    .ram(0, RAM)
    .paging('4-level', TABLES)
    .map(PAGE, 8 * 4096, { gpa: BigInt(FRAME) })
    .map(ABSENT, 8 * 4096, { gpa: BigInt(FRAME), present: false })
    .map(MMIO, 4096, { gpa: 0xfee0_2000n })
    .start();
  const table = leafTable(d);
  d.write64(table + 0xff8, 0);
  return [d, table];
}

const touch = (d: MachineDriver): unknown => d.read32(PAGE);
const entry = (table: number, page: number): number => table + page * 8;

const INTEL_2624: DriveOptions = { mmu: 'shadow', cpu: 'nehalem', kernel: '2.6.24', design: 'userspace' };
const POSTED: DriveOptions = { ...INTEL_2624, design: 'bypass-guest-pf' };
const POSTED_AMD: DriveOptions = { ...POSTED, cpu: 'zen1' };
const INTEL_2626: DriveOptions = { ...INTEL_2624, kernel: '2.6.26' };
const NO_BYPASS: DriveOptions = { ...INTEL_2626, design: 'no-bypass' };

/** The exit, the lock around all of it, and the walk of four levels. */
const FAULT_2624 = `
  PRO
  handle_exception_nmi; hw.vmread x 3                       # interruption information, error code, address
  kvm_mmu_page_fault; paging64_page_fault
  kvm_lock.mutex; mmu_topup_memory_caches
`;
const FAULT_2626 = `
  PRO
  handle_exception_nmi; hw.vmread x 3
  kvm_mmu_page_fault; paging64_page_fault
  mmu_topup_memory_caches
`;
const HOST_PAGE_2626 = 'gfn_to_page; mmap_sem.read; get_user_pages';
/** The emulator fetches, decodes and walks for its operand; the bytes are stored. */
const EMULATED_STORE = `
  x86_emulate_instruction; x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn; x86_emulate_insn
  emulator_read_write; emulator_read_write_onepage
  vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; emulator_read_emulated.ram
`;
const EMULATED_MMIO_READ = `
  x86_emulate_instruction; x86_decode_insn.fetch; paging64_walk_addr x 4; x86_decode_insn; x86_emulate_insn
  emulator_read_write; emulator_read_write_onepage
  vcpu_mmio_gva_to_gpa; paging64_walk_addr x 4; emulator_read_emulated.ram
  vcpu_mmio_read; kvm_io_bus_write; mmio_fragment
  kvm_vcpu_ioctl.return; userspace.dispatch_mmio; kvm_vcpu_ioctl.entry
  complete_emulated_mmio; x86_emulate_instruction; x86_emulate_insn; emulator_read_write; emulator_commit
`;

const FLOWS: readonly FlowRow[] = [
  {
    id: 'F13',
    what: '2.6.24: the guest has not mapped the page: injected',
    options: INTEL_2624,
    before: touch,
    access: (d) => d.read32(ABSENT),
    steps: `
      guest.read
      ${FAULT_2624}
      paging64_walk_addr x 4
      kvm_inject_page_fault; hw.vmwrite x 2
      EPI
      guest.pf_delivery; guest.iret`,
  },
  {
    id: 'F13',
    what: 'as posted: no exit',
    options: POSTED,
    before: touch,
    access: (d) => d.read32(ABSENT),
    steps: 'guest.read; guest.pf_delivery; guest.iret',
  },
  {
    id: 'F13',
    what: 'as posted, on AMD: as before',
    options: POSTED_AMD,
    before: touch,
    access: (d) => d.read32(ABSENT),
    steps: `
      guest.read
      PRO
      pf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; paging64_page_fault
      kvm_lock.mutex; mmu_topup_memory_caches
      paging64_walk_addr x 4
      kvm_inject_page_fault; hw.vmcb_access x 2
      EPI
      guest.pf_delivery; guest.iret`,
  },
  {
    id: 'F13',
    what: '2.6.26: no exit',
    options: INTEL_2626,
    before: touch,
    access: (d) => d.read32(ABSENT),
    steps: 'guest.read; guest.pf_delivery; guest.iret',
  },
  {
    id: 'F13',
    what: '2.6.26 with bypass_guest_pf=0: injected',
    options: NO_BYPASS,
    before: touch,
    access: (d) => d.read32(ABSENT),
    steps: `
      guest.read
      ${FAULT_2626}
      paging64_walk_addr x 4
      kvm_inject_page_fault; hw.vmwrite x 2
      EPI
      guest.pf_delivery; guest.iret`,
  },
  {
    id: 'F14',
    what: '2.6.24: first use of a page in a shadowed table',
    options: INTEL_2624,
    before: touch,
    access: (d) => d.read32(PAGE + 4096),
    steps: `
      guest.read
      ${FAULT_2624}
      paging64_walk_addr x 4; mark_page_dirty                 # A in the leaf
      gfn_to_page; paging64_fetch x 4; mmu_set_spte           # read-only while the guest's entry is clean: not in the reverse map
      EPI
      guest.read`,
  },
  {
    id: 'F14',
    what: '2.6.24: the first write to it, which sets D',
    options: INTEL_2624,
    before: touch,
    access: (d) => d.write32(PAGE, 1),
    steps: `
      guest.write
      ${FAULT_2624}
      paging64_walk_addr x 4; mark_page_dirty                 # D in the leaf
      gfn_to_page; paging64_fetch x 4
      mmu_set_spte; kvm_mmu_lookup_page; mark_page_dirty; rmap_add
      EPI
      guest.write`,
  },
  {
    id: 'F14',
    what: '2.6.24: two tables are shadowed on the way, the leaf table mapped writable until then',
    options: INTEL_2624,
    access: touch,
    steps: `
      guest.read
      ${FAULT_2624}
      paging64_walk_addr x 2; mark_page_dirty                 # the PML4 entry was in use
      paging64_walk_addr; mark_page_dirty; paging64_walk_addr; mark_page_dirty
      gfn_to_page
      paging64_fetch x 2; kvm_mmu_get_page; kvm_mmu_alloc_page; gfn_to_page
      paging64_fetch; kvm_mmu_get_page; kvm_mmu_alloc_page; gfn_to_page
      rmap_write_protect; rmap_remove; kvm_flush_remote_tlbs.request
      paging64_fetch; mmu_set_spte
      EPI
      guest.read`,
  },
  {
    id: 'F14',
    what: 'as posted: each new shadow page is filled from the guest’s table before that is write-protected',
    options: POSTED,
    access: touch,
    steps: `
      guest.read
      ${FAULT_2624}
      paging64_walk_addr x 2; mark_page_dirty
      paging64_walk_addr; mark_page_dirty; paging64_walk_addr; mark_page_dirty
      gfn_to_page
      paging64_fetch x 2; kvm_mmu_get_page; kvm_mmu_alloc_page; paging64_prefetch_page x 512; gfn_to_page
      paging64_fetch; kvm_mmu_get_page; kvm_mmu_alloc_page; paging64_prefetch_page x 512; gfn_to_page
      rmap_write_protect; rmap_remove; kvm_flush_remote_tlbs.request
      paging64_fetch; mmu_set_spte
      EPI
      guest.read`,
  },
  {
    id: 'F14',
    what: 'as posted, on AMD: the scan is paid and gains nothing',
    options: POSTED_AMD,
    access: touch,
    steps: `
      guest.read
      PRO
      pf_interception; hw.vmcb_access x 2
      kvm_mmu_page_fault; paging64_page_fault
      kvm_lock.mutex; mmu_topup_memory_caches
      paging64_walk_addr x 2; mark_page_dirty
      paging64_walk_addr; mark_page_dirty; paging64_walk_addr; mark_page_dirty
      gfn_to_page
      paging64_fetch x 2; kvm_mmu_get_page; kvm_mmu_alloc_page; paging64_prefetch_page x 512; gfn_to_page
      paging64_fetch; kvm_mmu_get_page; kvm_mmu_alloc_page; paging64_prefetch_page x 512; gfn_to_page
      rmap_write_protect; rmap_remove; kvm_flush_remote_tlbs.request
      paging64_fetch; mmu_set_spte
      hw.vmcb_access                                          # a new ASID
      EPI
      guest.read`,
  },
  {
    id: 'F14',
    what: '2.6.26: write-protected first, then read entry by entry through the memslot; each upper entry compared again',
    options: INTEL_2626,
    access: touch,
    steps: `
      guest.read
      ${FAULT_2626}
      paging64_walk_addr x 2; mark_page_dirty; paging64_cmpxchg_gpte
      paging64_walk_addr; mark_page_dirty; paging64_cmpxchg_gpte
      paging64_walk_addr; mark_page_dirty; paging64_cmpxchg_gpte
      ${HOST_PAGE_2626}
      mmu_lock.write
      paging64_fetch x 2; kvm_mmu_get_page; kvm_mmu_alloc_page; gfn_to_page; rmap_write_protect
      paging64_prefetch_page x 512; kvm_read_guest_atomic x 513
      paging64_fetch; kvm_mmu_get_page; kvm_mmu_alloc_page; gfn_to_page; rmap_write_protect
      kvm_flush_remote_tlbs.request
      paging64_prefetch_page x 512; kvm_read_guest_atomic x 513
      paging64_fetch; mmu_set_spte; rmap_add
      hw.invvpid
      EPI
      guest.read`,
  },
  {
    id: 'F14',
    what: '2.6.26: a write sets D in the walk, which is a write to a guest table like any other',
    options: INTEL_2626,
    before: touch,
    access: (d) => d.write32(PAGE, 1),
    steps: `
      guest.write
      ${FAULT_2626}
      paging64_walk_addr x 4; mark_page_dirty; paging64_cmpxchg_gpte
      kvm_mmu_pte_write; mmu_guess_page_from_pte_write; ${HOST_PAGE_2626}; mmu_lock.write
      kvm_mmu_pte_write.sp; mmu_pte_write_zap_pte; rmap_remove
      paging64_update_pte; mmu_set_spte; kvm_mmu_lookup_page; mark_page_dirty; rmap_add
      hw.invvpid                                              # no right was lost: no other vCPU is told
      ${HOST_PAGE_2626}; mmu_lock.write
      paging64_fetch x 4; mmu_set_spte; kvm_mmu_lookup_page; mark_page_dirty
      EPI
      guest.write`,
  },
  {
    id: 'F15',
    what: '2.6.24: MMIO, walked for, filled with the I/O mark and emulated every time',
    options: INTEL_2624,
    before: (d) => d.read32(MMIO),
    access: (d) => d.read32(MMIO),
    steps: `
      guest.read
      ${FAULT_2624}
      paging64_walk_addr x 4
      gfn_to_page; paging64_fetch x 4; mmu_set_spte
      ${EMULATED_MMIO_READ}
      EPI`,
  },
  {
    id: 'F15',
    what: '2.6.26: found to be MMIO before mmu_lock',
    options: INTEL_2626,
    before: (d) => d.read32(MMIO),
    access: (d) => d.read32(MMIO),
    steps: `
      guest.read
      ${FAULT_2626}
      paging64_walk_addr x 4
      ${HOST_PAGE_2626}
      ${EMULATED_MMIO_READ}
      EPI`,
  },
  {
    id: 'F16',
    what: '2.6.24: a page is mapped: the store is emulated, its entry filled at once',
    options: INTEL_2624,
    before: touch,
    access: (d, table) => d.write64(entry(table, 9), FRAME + BITS),
    steps: `
      guest.write
      ${FAULT_2624}
      paging64_walk_addr x 4
      gfn_to_page; paging64_fetch x 4; mmu_set_spte; kvm_mmu_lookup_page  # a shadowed table: read-only
      ${EMULATED_STORE}
      kvm_mmu_pte_write; kvm_mmu_pte_write.sp
      mmu_pte_write_zap_pte; kvm_flush_remote_tlbs.request
      paging64_update_pte; gfn_to_page; mmu_set_spte; kvm_mmu_lookup_page; mark_page_dirty; rmap_add
      emulator_commit
      EPI`,
  },
  {
    id: 'F16',
    what: 'as posted: a page is unmapped: notrap',
    options: POSTED,
    before: touch,
    access: (d, table) => d.write64(entry(table, 9), 0),
    steps: `
      guest.write
      ${FAULT_2624}
      paging64_walk_addr x 4
      gfn_to_page; paging64_fetch x 4; mmu_set_spte; kvm_mmu_lookup_page
      ${EMULATED_STORE}
      kvm_mmu_pte_write; kvm_mmu_pte_write.sp
      mmu_pte_write_zap_pte; kvm_flush_remote_tlbs.request
      paging64_update_pte
      emulator_commit
      EPI`,
  },
  {
    id: 'F16',
    what: 'as posted: the third write in a row: the page is zapped',
    options: POSTED,
    before: (d, table) => [touch(d), d.write64(entry(table, 9), 0), d.write64(entry(table, 10), 0)],
    access: (d, table) => d.write64(entry(table, 11), 0),
    steps: `
      guest.write
      ${FAULT_2624}
      paging64_walk_addr x 4
      gfn_to_page; paging64_fetch x 4; mmu_set_spte; kvm_mmu_lookup_page
      ${EMULATED_STORE}
      kvm_mmu_pte_write; kvm_mmu_pte_write.sp
      kvm_mmu_zap_page; kvm_flush_remote_tlbs.request
      emulator_commit
      EPI`,
  },
  {
    id: 'F16',
    what: '2.6.26: a page is mapped: what it maps is looked up before mmu_lock',
    options: INTEL_2626,
    before: touch,
    access: (d, table) => d.write64(entry(table, 9), FRAME + BITS),
    steps: `
      guest.write
      ${FAULT_2626}
      paging64_walk_addr x 4
      ${HOST_PAGE_2626}; mmu_lock.write
      paging64_fetch x 4; mmu_set_spte; kvm_mmu_lookup_page; hw.invvpid
      ${EMULATED_STORE}
      kvm_mmu_pte_write; mmu_guess_page_from_pte_write; ${HOST_PAGE_2626}; mmu_lock.write
      kvm_mmu_pte_write.sp; mmu_pte_write_zap_pte
      paging64_update_pte; mmu_set_spte; kvm_mmu_lookup_page; mark_page_dirty; rmap_add
      hw.invvpid
      emulator_commit
      EPI`,
  },
  {
    id: 'MOV CR3',
    what: '2.6.24: roots are dropped and found again, even for the same value',
    options: INTEL_2624,
    access: (d) => d.insn(OP.MOV_CR3, 8, TABLES),
    steps: `
      guest.mov_cr3
      PRO
      handle_cr; hw.vmread; kvm_set_cr3
      kvm_lock.mutex; gfn_to_page; kvm_mmu_free_roots
      hw.vmread x 3; skip_emulated_instruction
      kvm_mmu_load; kvm_lock.mutex; kvm_mmu_get_page; kvm_mmu_load_pgd; hw.vmwrite
      EPI`,
  },
  {
    id: 'MOV CR3',
    what: '2.6.26: the same value is a flush',
    options: INTEL_2626,
    access: (d) => d.insn(OP.MOV_CR3, 8, TABLES),
    steps: `
      guest.mov_cr3
      PRO
      handle_cr; hw.vmread; kvm_set_cr3
      hw.invvpid
      hw.vmread x 3; skip_emulated_instruction
      EPI`,
  },
  {
    id: 'INVLPG',
    what: 'no exit: entries of the shadow tables are never out of date',
    options: INTEL_2624,
    access: (d) => d.insn(OP.INVLPG, 1, PAGE),
    steps: 'guest.invlpg',
  },
];

describe('flows of the shadow MMU of 2007', () => {
  it.each(FLOWS)('$id, $what', ({ options, before, access, steps }) => {
    const [d, table] = start(options);
    before?.(d, table);
    expectFlow(d, options, () => access(d, table), flow(steps));
  });
});
