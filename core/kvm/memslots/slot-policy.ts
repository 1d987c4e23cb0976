/** How the generation of a set of memslots counts, and what of it an MMIO SPTE keeps. */
export interface GenerationPolicy {
  /** Generation of each address space when the VM is made; one element a space. */
  readonly start: readonly bigint[];
  /** What one swap adds. 4.2: 2 (odd means an update is in progress); later: the number of address spaces. */
  readonly step: bigint;
  /** `bit63` marks an update in progress from 5.1; `odd` before. */
  readonly inProgress: 'bit63' | 'odd';
  /** Bits of the generation that MMIO caching compares: 19, in 4.2 20. */
  readonly mmioBits: number;
  /** Low bits an SPTE does not store: 0, in 4.2 1. */
  readonly mmioDroppedBits: number;
  /** Low bits that name the address space and are left out when a wrap is looked for: 1 for two spaces, 0 in 4.2. */
  readonly spaceBits: number;
}

/** What of KVM's memslots changed between kernels, host modules and VM types. */
export interface SlotPolicy {
  /** KVM_USER_MEM_SLOTS: 32764; 509 in 4.2. */
  readonly userSlots: number;
  /** KVM_MAX_NR_ADDRESS_SPACES in use: 2 with SMM, else 1. */
  readonly addressSpaces: number;
  /** KVM_MEM_MAX_NR_PAGES: 2^31 - 1. */
  readonly maxPages: number;
  /** Last guest frame a slot may hold: of the host's MAXPHYADDR with EPT or NPT, of 52 bits with shadow paging. */
  readonly maxGfn: number;
  /** KVM_MEM_READONLY exists (3.7); before, it is an unknown flag. */
  readonly readonlyMem: boolean;
  /** First host virtual address that is not the user's: TASK_SIZE_MAX. */
  readonly userAddressLimit: bigint;
  /** The VM takes KVM_MEM_GUEST_MEMFD (private memory) through the second form of the ioctl. */
  readonly guestMemfd: boolean;
  /** KVM_X86_QUIRK_SLOT_ZAP_ALL: DELETE and MOVE drop every root. True by default. */
  readonly zapAll: boolean;
  readonly generation: GenerationPolicy;
}

/** Two address spaces, as a VM with SMM has on Linux 5.1 to 7.1. */
export const MODERN_GENERATION: GenerationPolicy = Object.freeze({
  start: [0n, 1n],
  step: 2n,
  inProgress: 'bit63',
  mmioBits: 19,
  mmioDroppedBits: 0,
  spaceBits: 1,
});

/** Linux 7.1 on a host with 46 physical address bits and EPT. */
export const MODERN_SLOTS: SlotPolicy = Object.freeze({
  userSlots: 32764,
  addressSpaces: 2,
  maxPages: 2 ** 31 - 1,
  maxGfn: 2 ** 34 - 1,
  readonlyMem: true,
  userAddressLimit: 0x7fff_ffff_f000n,
  guestMemfd: false,
  zapAll: true,
  generation: MODERN_GENERATION,
});
