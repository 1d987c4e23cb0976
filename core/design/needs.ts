import type { Need } from './design.ts';

/** Conditions that several designs share. */
export const IOEVENTFD: Need = {
  field: 'io.ioeventfd',
  oneOf: [true],
  otherwise: 'this kernel has no KVM_IOEVENTFD; it came with Linux 2.6.32',
};

export const READONLY_MEM: Need = {
  field: 'slots.readonlyMem',
  oneOf: [true],
  otherwise: 'this kernel has no read-only memslots (KVM_MEM_READONLY); they came with Linux 3.7',
};

export const ZERO_LENGTH: Need = {
  field: 'io.zeroLength',
  oneOf: [true],
  otherwise: 'an ioeventfd of length 0 is refused (EINVAL) by this kernel; it came with Linux 3.15',
};

export const FAST_BUS: Need = {
  field: 'io.fastMmioTwin',
  oneOf: ['shared', 'separate'],
  otherwise: 'this kernel has no FAST_MMIO bus; it came with Linux 3.15',
};

export const FAST_ON_EPT: Need = {
  mmu: 'ept',
  field: 'fastMmioOnEptMisconfig',
  oneOf: [true],
  otherwise: 'FAST_MMIO on EPT needs Linux 3.15 or later',
};

export const FAST_ON_NPT: Need = {
  mmu: 'npt',
  field: 'fastMmioOnNpf',
  oneOf: [true],
  otherwise: 'FAST_MMIO on NPT needs Linux 7.0 or later',
};

export const NPT_ONLY: Need = {
  field: 'mmu-flavour',
  oneOf: ['npt'],
  otherwise: 'this is a design for AMD nested paging; choose --mmu npt',
};

export const VIOLATION_EXITS: Need = {
  field: 'mmu-flavour',
  oneOf: ['ept', 'npt'],
  otherwise:
    'this hooks the exit of a nested page fault (EPT violation, #NPF), and shadow paging has none; choose --mmu ept or npt',
};

export const RESERVED_NESTED: Need = {
  field: 'mmu-flavour',
  oneOf: ['ept', 'npt'],
  otherwise:
    'the reserved SPTE is there for FAST_MMIO, which is never asked under shadow paging; choose --mmu ept or npt',
};

/** The hazards of any probe that looks at the address alone. */
export const ADDRESS_ALONE = [
  'a read of the doorbell address signals the eventfd, and the destination register keeps its old value',
  'a locked read-modify-write is skipped as a whole: flags and registers keep their old values',
  'a guest page-table walk or an instruction fetch through the address counts as a kick',
] as const;

export const SHADOW_ONLY: Need = {
  field: 'mmu-flavour',
  oneOf: ['shadow'],
  otherwise: 'this changes shadow page tables; choose --mmu shadow',
};

export const NO_MMIO_SPTES: Need = {
  field: 'mmioCaching',
  oneOf: [false],
  otherwise:
    'this kernel marks MMIO by a reserved bit, and with bypass_guest_pf that bit is in every fault KVM sees: the two cannot be told apart, which is why bypass_guest_pf was removed before MMIO SPTEs came (3.1); choose --kernel 2.6.24 or 2.6.26',
};

export const ALWAYS_SYNCHRONISED: Need = {
  field: 'shadowMmu',
  oneOf: ['2007', '2008'],
  otherwise:
    'this kernel leaves leaf tables writable (unsync, from 2.6.28), so it does not see a page become present; choose --kernel 2.6.24 or 2.6.26',
};

export const BYPASS_PARAMETER: Need = {
  field: 'shadowMmu',
  oneOf: ['2007', '2008'],
  otherwise:
    'the module parameter bypass_guest_pf existed from 2.6.25 to 3.0; choose --kernel 2.6.26, or 2.6.24 for the code before it',
};

export const FASTPATH_LOOP: Need = {
  field: 'fastpath',
  oneOf: ['msr-hlt', 'msr-hlt-invd'],
  otherwise: 'this kernel has no fastpath loop to move anything out of; choose --kernel 6.18 or later',
};

export const XCR0_INSIDE: Need = {
  field: 'xcr0',
  oneOf: ['inner'],
  otherwise: 'this kernel does not swap XCR0 inside the loop; choose --kernel 6.18',
};

export const PKRU_INSIDE: Need = {
  field: 'pkru',
  oneOf: ['inner'],
  otherwise: 'this kernel does not swap PKRU inside the loop; choose --kernel 6.18',
};

export const XCR0_OUTSIDE: Need = {
  field: 'xcr0',
  oneOf: ['outer'],
  otherwise: 'this kernel swaps XCR0 inside the loop already; choose --kernel 6.19 or later',
};

export const PKRU_OUTSIDE: Need = {
  field: 'pkru',
  oneOf: ['outer'],
  otherwise: 'this kernel swaps PKRU inside the loop already; choose --kernel 6.19 or later',
};

export const MC_INSIDE: Need = {
  field: 'mcHandling',
  oneOf: ['inside'],
  otherwise: 'this kernel handles machine checks outside the loop; choose --kernel 6.18',
};
