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
   * Registers that differ when the guest starts. Defaults are those of a kernel that has booted: CPL 0, CR0.WP and CR4.PGE set, EFER.NXE
   * unless paging is '2-level' or 'none'; SMEP, SMAP, PKE and PCIDE clear.
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

  /**
   * Boots a small Linux-like kernel in the guest and returns its system calls, for `guest`: address spaces, demand paging, copy-on-write,
   * reclaim. Every page-table store, INVLPG and MOV to CR3 it makes is an instruction that the model carries out. It owns the first RAM
   * region above its first MiB, maps that region at its own addresses (PAGE_OFFSET), and maps doorbells in its half of the address space,
   * where programs reach them too. Its limits: docs/guest-kernel.md.
   */
  kernel(options?: {
    /** Which Linux: how it edits page tables and when it flushes. Default '6.18'. */
    readonly release?: '2.6.24' | '3.14' | '4.15' | '6.18';
    /** Tag address spaces with PCIDs: needs 4 or 5 levels, 4.15 or later and a CPU that has them. Default false. */
    readonly pcid?: boolean;
    /** Start and size of the memory it hands out, inside the first RAM region. Default: from its first MiB up to the boot page tables. */
    readonly gpa?: Address;
    readonly size?: Size;
    /** Page size of its direct map. Default '2M' (4 MiB pages in 2-level paging) where the region is aligned to it, else '4K'. */
    readonly directMap?: PageSize;
  }): GuestKernel;

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

/** A process of the guest's kernel. */
interface Process {
  /** Counted from 0 in the order in which the script made them. */
  readonly pid: number;
}

/** Rights of a mapping: PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, and so on. */
type Prot = 'none' | 'r' | 'rw' | 'rx' | 'rwx';

/**
 * The guest's kernel: what its processes may ask of it, and what it does by itself. Until the first `switchTo` the script runs in kernel
 * mode on the boot page tables; after it in user mode, and each call is a system call of the process that runs, on whichever process is
 * named. An access of the script that faults is handled (demand paging, copy-on-write) and carried out again; one that Linux would answer
 * with SIGSEGV ends as a fault that the script sees in `cpu.lastFault()`.
 *
 * Every call can be recorded in `repeat`; a process made there must end there. What cannot be (no memory left, mapped twice) stops the run.
 */
interface GuestKernel {
  /** A new process with an empty address space. It does not run yet. */
  process(): Process;
  /** schedule(): loads the process's CR3, unless it is loaded, and goes on in user mode. */
  switchTo(process: Process): void;
  /** fork: the child gets the address space copy-on-write. The parent goes on. */
  fork(process: Process): Process;
  /** execve: an empty address space takes the place of the old one. */
  exec(process: Process): void;
  /** exit: everything it has is unmapped and freed. If it runs, nobody runs after it, in kernel mode, until the next `switchTo`. */
  exit(process: Process): void;

  /** mmap; returns the address. Nothing is mapped in the page tables before it is accessed, unless `populate` or `gpa` says so. */
  mmap(
    process: Process,
    mapping: {
      readonly size: Size;
      /** Linear address (MAP_FIXED_NOREPLACE). Default: one that no mapping of this script has had, downwards from the usual place. */
      readonly gva?: Address;
      /** Default 'rw'. */
      readonly prot?: Prot;
      /** MAP_SHARED. Without a file: shared memory, which processes forked later have too. Default false, MAP_PRIVATE. */
      readonly shared?: boolean;
      /** Name of a file: processes that map it share its pages in the page cache. A page holds zeros when it is first read. */
      readonly file?: string;
      /** Where in the file the mapping begins. Default 0. */
      readonly offset?: Size;
      /** madvise(MADV_HUGEPAGE): aligned parts get huge pages at their first access. Default false. */
      readonly huge?: boolean;
      /** MAP_POPULATE: every page at once. Default false. */
      readonly populate?: boolean;
      /** Guest-physical address of a device's pages (remap_pfn_range): mapped at once, shared. */
      readonly gpa?: Address;
    },
  ): number;
  /** munmap. A huge page of which only a part goes is split. */
  munmap(process: Process, range: { readonly gva: Address; readonly size: Size }): void;
  /** mprotect. */
  mprotect(process: Process, range: { readonly gva: Address; readonly size: Size; readonly prot: Prot }): void;

  /** Clears the accessed bits of a process as reclaim does; returns how many pages had been accessed since the last time. */
  age(process: Process): number;
  /**
   * Reclaim looks at so many pages of the page cache, in turn: one that was accessed gets another round, any other is unmapped from every
   * process. Returns how many were unmapped. They stay in the page cache.
   */
  reclaim(pages: number): number;
  /** khugepaged: makes one huge page of the aligned range around an address; false where it gives up. */
  promote(process: Process, gva: Address): boolean;

  /** A system call of the process that runs: into kernel mode and out again. What `body` does is done in kernel mode. */
  syscall(body?: () => void): void;

  /** Counters so far, most under their names in /proc/vmstat: pgfault, pgmajfault, pgalloc, pgfree, pgreuse, cow, ctxt, processes, segv... */
  vmstat(): Readonly<Record<string, number>>;
}

/** Messages for whoever wrote the script; they go to the error output, not into the result. */
declare const console: {
  log(...values: readonly unknown[]): void;
};
