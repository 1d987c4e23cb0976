import { basePrices } from './base-price.ts';

const CORE =
  'estimate: share of one emulated MOV, 925 cycles in all on Sandy Bridge (kvm-unit-tests b5105e8b: 739 to 1109)';
const MMIO =
  'estimate: share of the 1847 cycles between an MMIO kick and a port kick (QEMU 22773d6066a7) left over by the emulator proper';

/** The instruction emulator. Entry, fetch, decode, execution and commit together are one instruction: 930. */
export const EMULATOR = basePrices('emulation', CORE, {
  x86_emulate_instruction: [260, 160, 380, `${CORE}; its VMREADs are in it`],
  'x86_decode_insn.fetch': [120, 70, 180],
  x86_decode_insn: [230, 150, 320],
  x86_emulate_insn: [140, 90, 220],
  emulator_commit: [170, 100, 260, `${CORE}; RFLAGS and interruptibility written back`],
});

/** What an instruction with an MMIO operand adds. */
export const EMULATED_MMIO = basePrices('emulation', MMIO, {
  emulator_read_write: [100, 50, 160],
  emulator_read_write_onepage: [90, 45, 150],
  vcpu_mmio_gva_to_gpa: [29, 10, 60],
  paging64_walk_addr: [
    113,
    55,
    160,
    `${MMIO}: memslot, then a copy from user memory, for each of 3 levels, twice (the guest of kvm-unit-tests maps 2 MiB pages: x86/cstart64.S)`,
  ],
  vcpu_mmio_write: [80, 30, 130],
  vcpu_mmio_read: [80, 30, 130],
});

export const OTHER_EMULATION = basePrices('emulation', 'estimate from reading the code', {
  'emulator_read_emulated.ram': [80, 40, 150, 'estimate: a guarded copy from or to user memory'],
  mmio_fragment: [30, 12, 60],
  complete_emulated_mmio: [40, 15, 80],
  emulator_pio_in_out: [60, 25, 120],
});

const FAST_PIO =
  'estimate: share of fast PIO over vmcall, 14 to 18 % of a vmcall on two machines (kvm-unit-tests 00bfecaa, Linux b7ffc44d5b2e)';

/** Port access without the emulator. */
export const PORT_EXIT = basePrices('work', FAST_PIO, {
  handle_io: [20, 10, 45],
  kvm_fast_pio: [25, 12, 60],
});
