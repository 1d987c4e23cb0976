/**
 * What a script can say. This file is the manual of the script language: the type check, the editor and the sandbox go by it.
 *
 * A script is one TypeScript file that calls `scenario()` once. It runs alone: no imports, no files, no network, no clock. Random
 * numbers come from the configuration's seed, so the same script, configuration and seed always give the same result.
 *
 * Addresses and sizes are bytes. A number must be exact, so its magnitude stays below 2^53; beyond that write a bigint
 * (`0xffff_8880_0000_0000n`). Where a negative number is given for an address, it is the canonical address with those 64 bits.
 */

/** A guest address (linear or physical) in bytes: a non-negative number below 2^53, a bigint, or a sign-extended negative number. */
type Address = number | bigint;

/** A size in bytes: a number, a bigint, or text with a unit of 1024. */
type Size = number | bigint | `${number} ${'B' | 'KiB' | 'MiB' | 'GiB' | 'TiB'}`;

/** A value to store. It must be an integer that fits the operand's width, signed or unsigned. */
type Value = number | bigint;

/** Bytes of a memory operand. */
type Width = 1 | 2 | 4 | 8;

/** Bytes of a port operand. */
type PortWidth = 1 | 2 | 4;

/** Size of a page, in a guest table or in the host's. */
type PageSize = '4K' | '2M' | '1G';

/**
 * Declares what this script asks and does. Called exactly once.
 *
 * `setup` describes the machine before the guest starts; what it returns is handed to `guest`, which is the guest's program. Both are
 * called once for each configuration of a comparison, each time in a fresh sandbox.
 */
declare function scenario<Context>(description: Scenario<Context>): void;

interface Scenario<Context> {
  /** A few words; the heading of a report. */
  readonly title: string;
  /** The question that the script answers, as one sentence. */
  readonly question?: string;
  /** What somebody said the answer is, with a name and a place to find it. Shown beside what the model says. */
  readonly claims?: readonly string[];
  /** What the model answered when it ran this script's own configurations, with the figures that decide. */
  readonly says?: readonly string[];
  /** What a comparison of this script compares when the command line does not say. */
  readonly configurations?: Comparison;
  setup?(vm: Vm): Context;
  guest(cpu: Cpu, context: Context, host: Host): void;
}

/** Axes of a comparison: every combination that makes sense is run. Names as the command line takes them. */
interface Comparison {
  readonly designs?: readonly string[];
  readonly cpus?: readonly string[];
  /** `shadow`: on the CPUs chosen, or on one of each vendor. */
  readonly mmus?: readonly ('ept' | 'npt' | 'shadow')[];
  readonly kernels?: readonly string[];
  readonly mitigations?: readonly string[];
  readonly nestedHost?: readonly boolean[];
  readonly vpid?: readonly boolean[];
  readonly hostPages?: readonly PageSize[];
  /** Switches by name; `exitlab help switches` lists them. */
  readonly switches?: Readonly<Record<string, boolean | number>>;
}

/** The machine before the guest starts. Whether KVM accepts what is asked is KVM's own answer: an errno in the notes of the result. */
interface Vm {
  /**
   * Guest RAM: a memslot (KVM_SET_USER_MEMORY_REGION) with the next free number. By default it is also mapped in the guest's page
   * tables, linear address = physical address, with 4 KiB pages.
   */
  ram(region: {
    /** Guest-physical address, a multiple of 4096. */
    readonly gpa: Address;
    readonly size: Size;
    /** KVM_MEM_READONLY: reads are RAM, writes exit. Default false. */
    readonly readonly?: boolean;
    /** KVM_MEM_LOG_DIRTY_PAGES. Default false. */
    readonly logDirty?: boolean;
    /** Size of the host pages behind it; bounds the page size of the EPT/NPT mapping. Default: the configuration's. */
    readonly hostPage?: PageSize;
    /** Page size of the identity mapping made for it; false for none. Default '4K'. */
    readonly map?: PageSize | false;
    /** Bytes of it that are mapped, from its start. Default: all. */
    readonly mapSize?: Size;
  }): void;

  /**
   * A doorbell: an address that the guest writes to wake a device. Whether it is MMIO, a port or a read-only page, and how its
   * ioeventfd is registered, is the design's choice. It is mapped for the guest where that makes sense.
   */
  doorbell(bell: {
    /** Name of its eventfd in results. */
    readonly name: string;
    /** Bytes of the kick's store. Default 4. */
    readonly width?: Width;
    /** Guest-physical address. Default: a page of its own, chosen by the machine. A design on ports chooses a port in any case. */
    readonly gpa?: Address;
    /** The value that an ioeventfd with datamatch waits for. Default 1. */
    readonly match?: Value;
  }): Doorbell;

  /** Paging of the guest. Default '4-level' with tables in the first RAM region. */
  paging(paging: {
    /** 'none' (CR0.PG clear), 32-bit with 2 levels, PAE, 4 levels, 5 levels (LA57). */
    readonly mode: 'none' | '2-level' | 'pae' | '4-level' | '5-level';
    /** Guest-physical address where the tables are built. Default: the end of the first RAM region. */
    readonly tables?: Address;
  }): void;

  /** Maps linear addresses in the guest's own page tables. Addresses and size are multiples of the page size. */
  map(mapping: {
    readonly gva: Address;
    readonly gpa: Address;
    readonly size: Size;
    /** Default '4K'. */
    readonly page?: PageSize;
    /** R/W. Default true. */
    readonly writable?: boolean;
    /** U/S. Default true. */
    readonly user?: boolean;
    /** The inverse of XD. Default true. */
    readonly execute?: boolean;
    /** G. Default false. */
    readonly global?: boolean;
    /** Protection key, 0 to 15. Default 0. */
    readonly pkey?: number;
    /** P. Default true. */
    readonly present?: boolean;
  }): void;

  /** Clears the mapping of linear addresses. */
  unmap(range: { readonly gva: Address; readonly size: Size }): void;

  /** KVM_SET_USER_MEMORY_REGION by its number; size 0 deletes. Not mapped for the guest. */
  memslot(slot: Memslot): void;

  /** KVM_IOEVENTFD. */
  ioeventfd(eventfd: Ioeventfd): void;

  /** KVM_REGISTER_COALESCED_MMIO. */
  coalesced(zone: CoalescedZone): void;

  /**
   * Registers that differ when the guest starts. Defaults are those of a kernel that has booted: CPL 0, CR0.WP, EFER.NXE and CR4.PGE set;
   * SMEP, SMAP, PKE and PCIDE clear.
   */
  registers(registers: {
    /** Current privilege level: 0 or 3. */
    readonly cpl?: 0 | 3;
    /** CR0.WP. */
    readonly wp?: boolean;
    /** CR4.SMEP. */
    readonly smep?: boolean;
    /** CR4.SMAP. */
    readonly smap?: boolean;
    /** CR4.PKE. */
    readonly pke?: boolean;
    /** CR4.PCIDE. */
    readonly pcide?: boolean;
    /** CR4.PGE. */
    readonly pge?: boolean;
    /** PKRU, 32 bits. */
    readonly pkru?: number;
  }): void;

  /**
   * How many vCPUs the VM has, 1 to 4; default 1. The script drives the first. The others start with the same registers, share the guest's
   * memory, and do what `host.whileIn` says.
   */
  vcpus(count: number): void;

  /** Puts bytes into guest memory before the guest starts. */
  poke(bytes: { readonly gpa: Address; readonly bytes: Uint8Array | readonly number[] }): void;
}

interface Memslot {
  /** Number of the slot, 0 to 32763. */
  readonly slot: number;
  /** Guest-physical address. */
  readonly gpa: Address;
  /** 0 deletes the slot. */
  readonly size: Size;
  /** KVM_MEM_READONLY. Default false. */
  readonly readonly?: boolean;
  /** KVM_MEM_LOG_DIRTY_PAGES. Default false. */
  readonly logDirty?: boolean;
  /** Host virtual address. Default: one of its own, kept by slot number. */
  readonly hva?: Address;
  /** Size of the host pages behind it. Default: the configuration's. */
  readonly hostPage?: PageSize;
}

interface Ioeventfd {
  /** Guest-physical address, or a port. */
  readonly addr: Address;
  /** Bytes: 1, 2, 4, 8, or 0 for any length. */
  readonly length: number;
  /** KVM_IOEVENTFD_FLAG_DATAMATCH with this value. Default: none, any value matches. */
  readonly datamatch?: Value;
  /** KVM_IOEVENTFD_FLAG_PIO: `addr` is a port. Default false. */
  readonly pio?: boolean;
  /** KVM_IOEVENTFD_FLAG_DEASSIGN. Default false. */
  readonly deassign?: boolean;
  /** Name of the eventfd. */
  readonly fd: string;
}

interface CoalescedZone {
  /** Guest-physical address, or a port. */
  readonly addr: Address;
  /** Bytes, below 2^32. */
  readonly size: number;
  /** `addr` is a port. Default false. */
  readonly pio?: boolean;
  /** KVM_UNREGISTER_COALESCED_MMIO. Default false. */
  readonly unregister?: boolean;
}

/** A doorbell that `vm.doorbell` made. */
interface Doorbell {
  readonly id: number;
  readonly name: string;
  readonly width: Width;
}

/**
 * The guest's processor: each call is one instruction, executed in program order.
 *
 * Inside `repeat` a body is recorded once and replayed by the model, so no value can be read there: a call whose result is used is an
 * error, a call whose result is ignored is fine.
 */
interface Cpu {
  /** MOV from memory, zero-extended. The address is linear. */
  read8(address: Address): number;
  read16(address: Address): number;
  read32(address: Address): number;
  read64(address: Address): bigint;
  /** A 16-byte load (MOVDQU); the low 64 bits are returned. */
  read128(address: Address): bigint;

  /** MOV to memory. */
  write8(address: Address, value: Value): void;
  write16(address: Address, value: Value): void;
  write32(address: Address, value: Value): void;
  write64(address: Address, value: Value): void;
  /** A 16-byte store (MOVDQU); `high` is the upper half, default 0. */
  write128(address: Address, value: Value, high?: Value): void;

  /** LOCK XADD: adds, and returns what was there before. Width in bytes, default 4. */
  add(address: Address, value: Value, width?: Width): bigint;
  /** LOCK OR. Returns the old value as the model saw it. */
  or(address: Address, value: Value, width?: Width): bigint;
  /** LOCK AND. Returns the old value as the model saw it. */
  and(address: Address, value: Value, width?: Width): bigint;
  /** LOCK XOR. Returns the old value as the model saw it. */
  xor(address: Address, value: Value, width?: Width): bigint;
  /** XCHG with memory (always locked). Returns the old value. */
  xchg(address: Address, value: Value, width?: Width): bigint;
  /** LOCK CMPXCHG: stores `value` if memory holds `expected`. Returns the old value. */
  cmpxchg(address: Address, value: Value, expected: Value, width?: Width): bigint;

  /** An instruction fetch from a linear address. */
  fetch(address: Address): void;

  /** OUT. Port 0 to 65535. */
  out8(port: number, value: number): void;
  out16(port: number, value: number): void;
  out32(port: number, value: number): void;
  /** IN. */
  in8(port: number): number;
  in16(port: number): number;
  in32(port: number): number;
  /** REP OUTS: `count` elements from memory at `address`. Width in bytes, default 1. */
  outs(port: number, address: Address, count: number, width?: PortWidth): void;
  /** REP INS: `count` elements to memory at `address`. */
  ins(port: number, address: Address, count: number, width?: PortWidth): void;
  /** REP STOS: `value` stored `count` times. Width in bytes, default 8. */
  stos(address: Address, value: Value, count: number, width?: Width): void;
  /** REP MOVS: `count` elements copied. Width in bytes, default 8. */
  movs(to: Address, from: Address, count: number, width?: Width): void;

  /** Rings a doorbell: a store (or OUT) of its width. Default value 1. */
  kick(bell: Doorbell, value?: Value): void;
  /** Reads a doorbell back: a load (or IN) of its width. */
  readBell(bell: Doorbell): bigint;
  /** LOCK ADD on a doorbell. Returns what the destination register held afterwards. */
  addBell(bell: Doorbell, value: Value): bigint;

  /** MOV to CR3: the root, PCID in bits 11:0 when CR4.PCIDE is set, bit 63 to keep its translations. */
  movCr3(value: Address): void;
  /** MOV to CR0. */
  movCr0(value: number): void;
  /** MOV to CR4. */
  movCr4(value: number): void;
  /** INVLPG. */
  invlpg(address: Address): void;
  /** INVPCID, type 0 (one address), 1 (one PCID), 2 (all), 3 (all but globals). */
  invpcid(type: 0 | 1 | 2 | 3, pcid?: number, address?: Address): void;
  /** WRPKRU, 32 bits. */
  wrpkru(value: number): void;
  /** A SYSCALL/SYSRET-class change of privilege. */
  setCpl(level: 0 | 3): void;
  /** STAC (true) or CLAC (false). */
  setAc(on: boolean): void;
  /** CPUID: always exits. */
  cpuid(): void;
  /** HLT: exits; an event wakes the guest at once. */
  hlt(): void;
  /** VMCALL or VMMCALL. */
  vmcall(): void;
  /** The guest computes for so many cycles without touching memory. */
  pause(cycles: number): void;

  /**
   * Runs `body` `times` times: it is called once to record its instructions, which the model replays at full speed. May be nested.
   * A loop that no longer changes the machine is multiplied out exactly, so a billion iterations cost no more than a few.
   */
  repeat(times: number, body: () => void): void;

  /**
   * What follows belongs to the phase of this name in the reports, up to the next call. A name that comes back goes on with its phase.
   * Not inside `repeat`.
   */
  phase(name: string): void;

  /** A random integer in [0, bound) from the configuration's seed; bound at most 2^32. Not inside `repeat`. */
  random(bound: number): number;

  /** The last fault that the guest took, or null. */
  lastFault(): Fault | null;
}

/** A fault delivered to the guest. */
interface Fault {
  /** 14 is #PF, 13 is #GP. */
  readonly vector: number;
  readonly errorCode: number;
  /** CR2: the linear address of a #PF. */
  readonly address: bigint;
}

/** What the host does while the guest runs, in program order. Each returns 0, or a negative errno of KVM's. */
interface Host {
  /** KVM_SET_USER_MEMORY_REGION. */
  memslot(slot: Memslot): number;
  /** The same, for a slot that must not exist yet. */
  createSlot(slot: Memslot): number;
  /** Deletes a slot by number. */
  deleteSlot(slot: number): number;
  /** KVM_IOEVENTFD. */
  ioeventfd(eventfd: Ioeventfd): number;
  /** KVM_REGISTER_COALESCED_MMIO. */
  coalesced(zone: CoalescedZone): number;
  /** KVM_GET_DIRTY_LOG: fetches and re-arms the dirty log of a slot. */
  getDirtyLog(slot: number): number;
  /** The host reclaims pages: the MMU notifier zaps their EPT/NPT entries. Contents are kept. */
  reclaim(range: { readonly gpa: Address; readonly size: Size }): number;
  /**
   * A race: while vCPU 0 is at a named place in KVM's code for the `nth` time from now on, another vCPU carries out accesses. As long as
   * they need no exit they take place there and then. The first that leaves the guest waits, with those behind it, until vCPU 0 is through,
   * because KVM's locks are held. Their cost is not vCPU 0's. A place that is never passed is told in the notes.
   */
  whileIn(race: {
    /**
     * `kvm_mmu_get_page`: a new shadow page, between reading the guest's table and write-protecting it (as posted in 2007; in 2.6.26 between
     * write-protecting and reading). `walk_addr`: a guest page fault, its tables walked, nothing shadowed yet. `kvm_mmu_pte_write`: the
     * emulator has stored to a guest table whose shadow does not know it yet. `kvm_faultin_pfn`: EPT and NPT, the host page is known, mmu_lock
     * is not taken yet.
     */
    readonly window: 'kvm_mmu_get_page' | 'walk_addr' | 'kvm_mmu_pte_write' | 'kvm_faultin_pfn';
    /** Default 1. */
    readonly nth?: number;
    /** Which vCPU, from 1. Default 1. */
    readonly vcpu?: number;
    readonly accesses: readonly OtherAccess[];
  }): number;
}

/** One instruction of another vCPU. */
interface OtherAccess {
  readonly op: 'read' | 'write' | 'invlpg' | 'movCr3';
  /** Linear address; of `movCr3` the new value. */
  readonly address: Address;
  /** Stored value. Default 0. */
  readonly value?: Value;
  /** Bytes. Default 8. */
  readonly width?: Width;
}

/** Messages for whoever wrote the script; they go to the error output, not into the result. */
declare const console: {
  log(...values: readonly unknown[]): void;
};
