import type { Need } from './design.ts';

/** Conditions that several designs share. */
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
