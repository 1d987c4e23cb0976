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
  /** How the doorbell is made; `exitlab designs` lists them. Default: every one that makes sense. */
  readonly designs?: readonly string[];
  /** CPU models; `exitlab cpus` lists them. */
  readonly cpus?: readonly string[];
  /** Intel's nested paging, AMD's, or KVM's shadow page tables: on the CPUs chosen, or on one of each vendor. */
  readonly mmus?: readonly ('ept' | 'npt' | 'shadow')[];
  /** Kernels of the host; `exitlab kernels` lists them. */
  readonly kernels?: readonly string[];
  /** `default`, `none`, or names with commas. */
  readonly mitigations?: readonly string[];
  /** True: KVM itself runs under a hypervisor. Default false. */
  readonly nestedHost?: readonly boolean[];
  /** True: translations of several address spaces are kept, by VPID or ASID. Default true. */
  readonly vpid?: readonly boolean[];
  /** Size of the host pages behind guest RAM. Default '4K'. */
  readonly hostPages?: readonly PageSize[];
  /** CPUs of the host that the vCPUs of `cpu.together` share; 0 for one each. Default 0. */
  readonly hostCpus?: readonly number[];
  /** Switches by name; `exitlab help switches` lists them. */
  readonly switches?: Readonly<Record<string, boolean | number>>;
}

/** The machine before the guest starts. Whether KVM accepts what is asked is KVM's own answer: an errno in the notes of the result. */
interface Vm {
  /**
   * Guest RAM: a memslot (KVM_SET_USER_MEMORY_REGION) with the next free number. By default it is also mapped in the guest's page
   * tables, linear address = physical address, with 4 KiB pages.
   * Source: KVM_SET_USER_MEMORY_REGION (api.rst, 4.35); kvm_vm_ioctl_set_memory_region() in virt/kvm/kvm_main.c.
   */
  ram(region: {
    /** Guest-physical address in bytes, a multiple of 4096. */
    readonly gpa: Address;
    /** Bytes, or text with a unit; a multiple of 4096. */
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
   * Source: KVM_IOEVENTFD (api.rst, 4.59); ioeventfd_in_range() and ioeventfd_write() in virt/kvm/eventfd.c.
   */
  doorbell(bell: {
    /** Name of its eventfd in results. */
    readonly name: string;
    /** Bytes of the kick's store. Default 4. */
    readonly width?: Width;
    /** Guest-physical address in bytes. Default: a page of its own, chosen by the machine. A design on ports chooses a port in any case. */
    readonly gpa?: Address;
    /** The value that an ioeventfd with datamatch waits for, an integer of the kick's width. Default 1. */
    readonly match?: Value;
  }): Doorbell;

  /** Paging of the guest. Default '4-level' with tables in the first RAM region. Source: Intel SDM vol. 3A, 4.1.1 "Four paging modes". */
  paging(paging: {
    /** 'none' (CR0.PG clear), 32-bit with 2 levels, PAE, 4 levels, 5 levels (LA57). */
    readonly mode: 'none' | '2-level' | 'pae' | '4-level' | '5-level';
    /** Guest-physical address in bytes where the tables are built. Default: the end of the first RAM region. */
    readonly tables?: Address;
  }): void;

  /**
   * Maps linear addresses in the guest's own page tables. Addresses and size are multiples of the page size.
   * Source: Intel SDM vol. 3A, 4.5 "4-level paging and 5-level paging"; AMD APM vol. 2, 5.3.
   */
  map(mapping: {
    /** Linear address in bytes. */
    readonly gva: Address;
    /** Guest-physical address in bytes. */
    readonly gpa: Address;
    /** Bytes, or text with a unit. */
    readonly size: Size;
    /** Size of the pages. Default '4K'. */
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

  /** Clears the mapping of linear addresses. Source: P (bit 0) of a guest's entry, Intel SDM vol. 3A, 4.5. */
  unmap(range: {
    /** Linear address in bytes, a multiple of the page size. */
    readonly gva: Address;
    /** Bytes, or text with a unit. */
    readonly size: Size;
  }): void;

  /**
   * KVM_SET_USER_MEMORY_REGION by its number; size 0 deletes. Not mapped for the guest.
   * Source: KVM_SET_USER_MEMORY_REGION (api.rst, 4.35); kvm_vm_ioctl_set_memory_region() in virt/kvm/kvm_main.c.
   */
  memslot(slot: Memslot): void;

  /** KVM_IOEVENTFD. Source: KVM_IOEVENTFD (api.rst, 4.59); kvm_ioeventfd() in virt/kvm/eventfd.c. */
  ioeventfd(eventfd: Ioeventfd): void;

  /**
   * KVM_REGISTER_COALESCED_MMIO.
   * Source: KVM_(UN)REGISTER_COALESCED_MMIO (api.rst, 4.116); coalesced_mmio_write() in virt/kvm/coalesced_mmio.c.
   */
  coalesced(zone: CoalescedZone): void;

  /**
   * Registers that differ when the guest starts. Defaults are those of a kernel that has booted: CPL 0, CR0.WP and CR4.PGE set, EFER.NXE
   * unless paging is '2-level' or 'none'; SMEP, SMAP, PKE and PCIDE clear.
   * Source: Intel SDM vol. 3A, 2.5 "Control registers" and 4.6 "Access rights".
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
    /** PKRU, 32 bits. The host's is 0x55555554, so that a guest with `pke` and any other value has PKRU swapped. */
    readonly pkru?: number;
    /** CR4.OSXSAVE: without it KVM swaps neither XCR0 nor IA32_XSS. */
    readonly osxsave?: boolean;
    /** XCR0; 'host' as the host has it. Default 1, the value after reset: x87 alone. */
    readonly xcr0?: number | 'host';
  }): void;

  /**
   * KVM_CREATE_IRQCHIP: each vCPU gets an in-kernel local APIC in x2APIC mode. HLT blocks until an interrupt is pending, and the guest takes
   * interrupts: with the shortest handler there is, EOI and IRET. Without it HLT always finds an interrupt pending.
   * Source: KVM_CREATE_IRQCHIP (api.rst, 4.24); arch/x86/kvm/lapic.c; Intel SDM vol. 3A, "Advanced Programmable Interrupt Controller".
   */
  lapic(): void;

  /**
   * The VM is a TD (TDX): its vCPUs' state is protected, so that KVM swaps no XCR0, XSS and PKRU. What its world switch costs and how it reaches
   * memory and devices is that of an ordinary VM here. Needs Sapphire Rapids and Linux 6.18.
   * Source: arch/x86/kvm/vmx/tdx.c; Documentation/virt/kvm/x86/intel-tdx.rst.
   */
  td(): void;

  /**
   * How many vCPUs the VM has: `count`, 1 to 16; default 1. The script drives the first. The others start with the same registers, share the guest's
   * memory, and do what `host.whileIn` and `cpu.together` say. Source: KVM_CREATE_VCPU (api.rst, 4.7).
   */
  vcpus(count: number): void;

  /**
   * Boots a small Linux-like kernel in the guest and returns its system calls, for `guest`: address spaces, demand paging, copy-on-write,
   * reclaim. Every page-table store, INVLPG and MOV to CR3 it makes is an instruction that the model carries out. It owns the first RAM
   * region above its first MiB, maps that region at its own addresses (PAGE_OFFSET), and maps doorbells in its half of the address space,
   * where programs reach them too. Its limits: docs/guest-kernel.md.
   * Source: Linux, mm/memory.c, kernel/fork.c, mm/mmap.c, arch/x86/mm/; what differs by release: core/guest/kernel/release.ts.
   */
  kernel(options?: {
    /** Which Linux: how it edits page tables and when it flushes. Default '6.18'. */
    readonly release?: '2.6.24' | '3.14' | '4.15' | '6.18';
    /** Tag address spaces with PCIDs: needs 4 or 5 levels, 4.15 or later and a CPU that has them. Default false. */
    readonly pcid?: boolean;
    /** Guest-physical address in bytes where the memory that it hands out begins, inside the first RAM region. Default: its first MiB. */
    readonly gpa?: Address;
    /** Bytes of that memory, or text with a unit. Default: up to the boot page tables. */
    readonly size?: Size;
    /** Page size of its direct map. Default '2M' (4 MiB pages in 2-level paging) where the region is aligned to it, else '4K'. */
    readonly directMap?: PageSize;
  }): GuestKernel;

  /** Puts bytes into guest memory before the guest starts. Source: userspace's own mapping of a memslot (api.rst, 4.35). */
  poke(bytes: {
    /** Guest-physical address in bytes. */
    readonly gpa: Address;
    /** The bytes, 0 to 255 each. */
    readonly bytes: Uint8Array | readonly number[];
  }): void;
}

interface Memslot {
  /** Number of the slot, 0 to 32763. */
  readonly slot: number;
  /** Guest-physical address in bytes, a multiple of 4096. */
  readonly gpa: Address;
  /** Bytes, or text with a unit; a multiple of 4096. 0 deletes the slot. */
  readonly size: Size;
  /** KVM_MEM_READONLY. Default false. */
  readonly readonly?: boolean;
  /** KVM_MEM_LOG_DIRTY_PAGES. Default false. */
  readonly logDirty?: boolean;
  /** Host virtual address in bytes. Default: one of its own, kept by slot number. */
  readonly hva?: Address;
  /** Size of the host pages behind it. Default: the configuration's. */
  readonly hostPage?: PageSize;
}

interface Ioeventfd {
  /** Guest-physical address in bytes, or a port. */
  readonly addr: Address;
  /** Bytes: 1, 2, 4, 8, or 0 for any length. */
  readonly length: number;
  /** KVM_IOEVENTFD_FLAG_DATAMATCH with this value, an integer of `length` bytes. Default: none, any value matches. */
  readonly datamatch?: Value;
  /** KVM_IOEVENTFD_FLAG_PIO: `addr` is a port. Default false. */
  readonly pio?: boolean;
  /** KVM_IOEVENTFD_FLAG_DEASSIGN. Default false. */
  readonly deassign?: boolean;
  /** Name of the eventfd. */
  readonly fd: string;
}

interface CoalescedZone {
  /** Guest-physical address in bytes, or a port. */
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
  /** Number of the doorbell in the order it was made. */
  readonly id: number;
  /** Name of its eventfd in results. */
  readonly name: string;
  /** Bytes of the kick's store. */
  readonly width: Width;
}

/**
 * The guest's processor: each call is one instruction, executed in program order.
 *
 * Inside `repeat` a body is recorded once and replayed by the model, so no value can be read there: a call whose result is used is an
 * error, a call whose result is ignored is fine.
 */
interface Cpu {
  /** MOV of 1 byte from memory, zero-extended; `address` is linear, in bytes. Source: Intel SDM vol. 2, MOV. */
  read8(address: Address): number;
  /** MOV of 2 bytes from memory, zero-extended; `address` is linear, in bytes. Source: Intel SDM vol. 2, MOV. */
  read16(address: Address): number;
  /** MOV of 4 bytes from memory, zero-extended; `address` is linear, in bytes. Source: Intel SDM vol. 2, MOV. */
  read32(address: Address): number;
  /** MOV of 8 bytes from memory, zero-extended; `address` is linear, in bytes. Source: Intel SDM vol. 2, MOV. */
  read64(address: Address): bigint;
  /** A 16-byte load; the low 64 bits are returned; `address` is linear, in bytes. Source: Intel SDM vol. 2, MOVDQU. */
  read128(address: Address): bigint;

  /** MOV of 1 byte to memory; `address` is linear, in bytes, `value` an integer of 8 bits. Source: Intel SDM vol. 2, MOV. */
  write8(address: Address, value: Value): void;
  /** MOV of 2 bytes to memory; `address` is linear, in bytes, `value` an integer of 16 bits. Source: Intel SDM vol. 2, MOV. */
  write16(address: Address, value: Value): void;
  /** MOV of 4 bytes to memory; `address` is linear, in bytes, `value` an integer of 32 bits. Source: Intel SDM vol. 2, MOV. */
  write32(address: Address, value: Value): void;
  /** MOV of 8 bytes to memory; `address` is linear, in bytes, `value` an integer of 64 bits. Source: Intel SDM vol. 2, MOV. */
  write64(address: Address, value: Value): void;
  /**
   * A 16-byte store; `address` is linear, in bytes; `value` is the lower half and `high` the upper, 64 bits each, default 0.
   * Source: Intel SDM vol. 2, MOVDQU.
   */
  write128(address: Address, value: Value, high?: Value): void;

  /**
   * LOCK XADD: adds, and returns what was there before; `address` is linear, in bytes; `value` an integer of `width` bytes, default 4.
   * Source: Intel SDM vol. 2, XADD; KVM exchanges an emulated one: emulator_cmpxchg_emulated() in arch/x86/kvm/x86.c.
   */
  add(address: Address, value: Value, width?: Width): bigint;
  /**
   * LOCK OR. Returns the old value as the model saw it; `address` is linear, in bytes; `value` an integer of `width` bytes, default 4.
   * Source: Intel SDM vol. 2, OR.
   */
  or(address: Address, value: Value, width?: Width): bigint;
  /**
   * LOCK AND. Returns the old value as the model saw it; `address` is linear, in bytes; `value` an integer of `width` bytes, default 4.
   * Source: Intel SDM vol. 2, AND.
   */
  and(address: Address, value: Value, width?: Width): bigint;
  /**
   * LOCK XOR. Returns the old value as the model saw it; `address` is linear, in bytes; `value` an integer of `width` bytes, default 4.
   * Source: Intel SDM vol. 2, XOR.
   */
  xor(address: Address, value: Value, width?: Width): bigint;
  /**
   * XCHG with memory (always locked). Returns the old value; `address` is linear, in bytes; `value` an integer of `width` bytes, default 4.
   * Source: Intel SDM vol. 2, XCHG.
   */
  xchg(address: Address, value: Value, width?: Width): bigint;
  /**
   * LOCK CMPXCHG: stores `value` if memory holds `expected`. Returns the old value; `address` is linear, in bytes; the values are integers
   * of `width` bytes, default 4. Source: Intel SDM vol. 2, CMPXCHG.
   */
  cmpxchg(address: Address, value: Value, expected: Value, width?: Width): bigint;

  /** An instruction fetch; `address` is linear, in bytes. Source: I/D (bit 4) of a #PF's error code, Intel SDM vol. 3A, 4.7. */
  fetch(address: Address): void;

  /** OUT of 1 byte; `port` 0 to 65535, `value` 8 bits. Source: Intel SDM vol. 2, OUT; tracepoint kvm_pio. */
  out8(port: number, value: number): void;
  /** OUT of 2 bytes; `port` 0 to 65535, `value` 16 bits. Source: Intel SDM vol. 2, OUT; tracepoint kvm_pio. */
  out16(port: number, value: number): void;
  /** OUT of 4 bytes; `port` 0 to 65535, `value` 32 bits. Source: Intel SDM vol. 2, OUT; tracepoint kvm_pio. */
  out32(port: number, value: number): void;
  /** IN of 1 byte; `port` 0 to 65535. Source: Intel SDM vol. 2, IN; tracepoint kvm_pio. */
  in8(port: number): number;
  /** IN of 2 bytes; `port` 0 to 65535. Source: Intel SDM vol. 2, IN; tracepoint kvm_pio. */
  in16(port: number): number;
  /** IN of 4 bytes; `port` 0 to 65535. Source: Intel SDM vol. 2, IN; tracepoint kvm_pio. */
  in32(port: number): number;
  /**
   * REP OUTS: `count` elements of `width` bytes, default 1, to `port` (0 to 65535) from memory at `address`, linear, in bytes.
   * Source: Intel SDM vol. 2, OUTS and REP; emulator_pio_in_out() in arch/x86/kvm/x86.c.
   */
  outs(port: number, address: Address, count: number, width?: PortWidth): void;
  /**
   * REP INS: `count` elements of `width` bytes, default 1, from `port` (0 to 65535) to memory at `address`, linear, in bytes.
   * Source: Intel SDM vol. 2, INS and REP; emulator_pio_in_out() in arch/x86/kvm/x86.c.
   */
  ins(port: number, address: Address, count: number, width?: PortWidth): void;
  /**
   * REP STOS: `value` stored `count` times from `address` (linear, in bytes) on; `width` in bytes, default 8.
   * Source: Intel SDM vol. 2, STOS and REP.
   */
  stos(address: Address, value: Value, count: number, width?: Width): void;
  /**
   * REP MOVS: `count` elements copied; `to` and `from` are linear, in bytes; `width` in bytes, default 8.
   * Source: Intel SDM vol. 2, MOVS and REP.
   */
  movs(to: Address, from: Address, count: number, width?: Width): void;

  /**
   * Rings the doorbell `bell`: a store (or OUT) of its width; `value` an integer of that width, default 1.
   * Source: ioeventfd_write() in virt/kvm/eventfd.c; tracepoints kvm_fast_mmio, kvm_mmio and kvm_pio.
   */
  kick(bell: Doorbell, value?: Value): void;
  /** Reads the doorbell `bell` back: a load (or IN) of its width. Source: Intel SDM vol. 2, MOV and IN; tracepoint kvm_mmio. */
  readBell(bell: Doorbell): bigint;
  /**
   * LOCK ADD on the doorbell `bell`. Returns what the destination register held afterwards; `value` an integer of its width.
   * Source: Intel SDM vol. 2, ADD.
   */
  addBell(bell: Doorbell, value: Value): bigint;

  /**
   * MOV to CR3: `value` is the root's guest-physical address in bytes, PCID in bits 11:0 when CR4.PCIDE is set, bit 63 to keep its
   * translations. Source: Intel SDM vol. 2, MOV to control registers; vol. 3A, 4.10.4.1.
   */
  movCr3(value: Address): void;
  /** MOV to CR0; `value` is the register's bits. Source: Intel SDM vol. 3A, 2.5; vol. 2, MOV to control registers. */
  movCr0(value: number): void;
  /** MOV to CR4; `value` is the register's bits. Source: Intel SDM vol. 3A, 2.5; vol. 2, MOV to control registers. */
  movCr4(value: number): void;
  /** INVLPG; `address` is linear, in bytes. Source: Intel SDM vol. 2, INVLPG; vol. 3A, 4.10.4.1. */
  invlpg(address: Address): void;
  /**
   * INVPCID of `type` 0 (one address), 1 (one PCID), 2 (all), 3 (all but globals); `pcid` 0 to 4095, `address` linear, in bytes.
   * Source: Intel SDM vol. 2, INVPCID; vol. 3A, 4.10.4.1.
   */
  invpcid(type: 0 | 1 | 2 | 3, pcid?: number, address?: Address): void;
  /** WRPKRU; `value` is PKRU's 32 bits. Source: Intel SDM vol. 2, WRPKRU; vol. 3A, 4.6.2 "Protection keys". */
  wrpkru(value: number): void;
  /** XSETBV of XCR0: exits; `value` is its 64 bits. #UD without CR4.OSXSAVE. Source: kvm_emulate_xsetbv() in arch/x86/kvm/x86.c. */
  xsetbv(value: Value): void;
  /** INVD: exits; in the fastpath loop from 6.18. Source: vmx_exit_handlers_fastpath() in arch/x86/kvm/vmx/vmx.c. */
  invd(): void;
  /** WBINVD: exits, and never in the fastpath loop. Source: kvm_emulate_wbinvd() in arch/x86/kvm/x86.c. */
  wbinvd(): void;
  /**
   * WRMSR of the register `msr` (32 bits) with the 64 bits of `value`: exits. With `vm.lapic()` the x2APIC's ICR (0x830), EOI (0x80b), TPR (0x808), LVT
   * timer (0x832) and IA32_TSC_DEADLINE (0x6e0) do what they do; IA32_XSS (0xda0) is kept; any other is taken and forgotten.
   * Source: Intel SDM vol. 4; handle_fastpath_wrmsr() and kvm_emulate_wrmsr() in arch/x86/kvm/x86.c.
   */
  wrmsr(msr: number, value: Value): void;
  /** WRMSRNS with `msr` as an immediate, and `value`: as `wrmsr`. Source: EXIT_REASON_MSR_WRITE_IMM, arch/x86/kvm/vmx/vmx.c of 6.18. */
  wrmsrImmediate(msr: number, value: Value): void;
  /**
   * RDTSC, an addition, and WRMSR of IA32_TSC_DEADLINE: the timer fires so many `cycles` from now; without `vm.lapic()` it never does. A deadline that passes between two
   * exits is noticed at the next exit, HLT or `pause`. Source: kvm_set_lapic_tscdeadline_msr() in arch/x86/kvm/lapic.c.
   */
  tscDeadline(cycles: number): void;
  /** A SYSCALL/SYSRET-class change of privilege to `level`. Source: Intel SDM vol. 2, SYSCALL and SYSRET. */
  setCpl(level: 0 | 3): void;
  /** STAC (`on` is true) or CLAC (false). Source: Intel SDM vol. 2, STAC and CLAC. */
  setAc(on: boolean): void;
  /** CPUID: always exits. Source: kvm_emulate_cpuid() in arch/x86/kvm/cpuid.c; tracepoint kvm_cpuid. */
  cpuid(): void;
  /** HLT: exits; an event wakes the guest at once, or, with `vm.lapic()`, when its timer fires. Source: kvm_emulate_halt() in arch/x86/kvm/x86.c. */
  hlt(): void;
  /** VMCALL or VMMCALL. Source: kvm_emulate_hypercall() in arch/x86/kvm/x86.c; tracepoint kvm_hypercall. */
  vmcall(): void;
  /** The guest computes for so many `cycles` without touching memory. Source: none, a clock of the model's. */
  pause(cycles: number): void;

  /**
   * Runs `body` `times` times: it is called once to record its instructions, which the model replays at full speed. May be nested.
   * A loop that no longer changes the machine is multiplied out exactly, so a billion iterations cost no more than a few.
   * Source: none, the script's own loop.
   */
  repeat(times: number, body: () => void): void;

  /**
   * Several vCPUs at the same time: the first of `programs` is carried out by vCPU 0, the second by vCPU 1, and so on; `host` is what a
   * thread of the VMM's own does meanwhile (operations of the host, and `cpu.pause` between them, in cycles), or a list for several threads. Each is called once, to be recorded, so no value
   * can be read in it; `repeat` may stand in it. The script goes on when all have ended. In simulated time whoever has the smallest clock goes
   * next, on equal clocks the lowest number: the same script always gives the same result. Not inside `repeat`; not with `vm.kernel`.
   * Source: none, the script's own programs; locks are queued for as in kernel/locking/qspinlock.c and qrwlock.c.
   */
  together(programs: readonly ((cpu: Cpu) => void)[], host?: (() => void) | readonly (() => void)[]): void;
  /**
   * Inside `together`: from here on `body` is this program's handler of the interrupt `vector`, 32 to 255; EOI and IRET follow it by themselves. An
   * interrupt without one gets the shortest there is, EOI and IRET. Interrupts are off in it. A program that has ended takes none. Needs
   * `vm.lapic()`; an IPI is `wrmsr` of the ICR: the target's number times 2^32, plus the vector. Source: Intel SDM vol. 3A, 6.12 and 11.6.
   */
  onInterrupt(vector: number, body: () => void): void;
  /**
   * Inside `together`: loads from `address` (linear, in bytes) until `value` is there, an integer of `width` bytes, default 4, with a PAUSE after
   * each load that finds another one. A spin loop that nobody can end any more stops the run. Source: Intel SDM vol. 2, PAUSE.
   */
  spinUntil(address: Address, value: Value, width?: Width): void;
  /**
   * Inside `together`: the guest's idle loop. With interrupts off it loads from `address` (linear, in bytes); unless `value` is there, an integer of
   * `width` bytes, default 4, it executes STI and HLT, and looks again after each interrupt. Needs `vm.lapic()`, or HLT never blocks.
   * Source: default_idle() and need_resched() of Linux; Intel SDM vol. 2, STI and HLT.
   */
  haltUntil(address: Address, value: Value, width?: Width): void;

  /**
   * What follows belongs to the phase of this name in the reports, up to the next call. A name that comes back goes on with its phase.
   * Not inside `repeat`. Source: none, a word of the report.
   */
  phase(name: string): void;

  /**
   * A random integer in [0, `bound`) from the configuration's seed; `bound` at most 2^32. Not inside `repeat`.
   * Source: none, the model's own generator.
   */
  random(bound: number): number;

  /** The last fault that the guest took, or null. Source: Intel SDM vol. 3A, 6.15 "Exception and interrupt reference". */
  lastFault(): Fault | null;
}

/** A fault delivered to the guest. */
interface Fault {
  /** 14 is #PF, 13 is #GP. */
  readonly vector: number;
  /** Error code pushed with it; of a #PF, bits as in Intel SDM vol. 3A, 4.7. */
  readonly errorCode: number;
  /** CR2: the linear address of a #PF. */
  readonly address: bigint;
}

/** What the host does while the guest runs, in program order. Each returns 0, or a negative errno of KVM's. */
interface Host {
  /**
   * An interrupt of the host's own arrives while the guest runs: an EXTERNAL_INTERRUPT exit (INTR on AMD). That it is served exactly once is checked.
   * Source: handle_external_interrupt_irqoff() in arch/x86/kvm/vmx/vmx.c; O20 of vcpu_enter_guest() on AMD.
   */
  externalInterrupt(): number;

  /**
   * A machine check in the guest, or (`when` is 'entry'; Intel) during VM entry. Default 'guest'.
   * Source: kvm_machine_check() in arch/x86/kvm/x86.h; EXIT_REASON_MCE_DURING_VMENTRY; seed 003.
   */
  machineCheck(when?: { readonly when?: 'guest' | 'entry' }): number;

  /** Source: KVM_SET_USER_MEMORY_REGION (api.rst, 4.35); kvm_vm_ioctl_set_memory_region() in virt/kvm/kvm_main.c. */
  memslot(slot: Memslot): number;
  /** The same, for a slot that must not exist yet. Source: KVM_SET_USER_MEMORY_REGION (api.rst, 4.35). */
  createSlot(slot: Memslot): number;
  /** Deletes `slot` by its number: size 0. Source: KVM_SET_USER_MEMORY_REGION (api.rst, 4.35). */
  deleteSlot(slot: number): number;
  /** Source: KVM_IOEVENTFD (api.rst, 4.59); kvm_ioeventfd() in virt/kvm/eventfd.c. */
  ioeventfd(eventfd: Ioeventfd): number;
  /** Source: KVM_(UN)REGISTER_COALESCED_MMIO (api.rst, 4.116), virt/kvm/coalesced_mmio.c. */
  coalesced(zone: CoalescedZone): number;
  /** Fetches and re-arms the dirty log of `slot`, its number. Source: KVM_GET_DIRTY_LOG (api.rst, 4.8). */
  getDirtyLog(slot: number): number;
  /**
   * The host reclaims pages: the MMU notifier zaps their EPT/NPT or shadow entries. Contents are kept.
   * Source: kvm_mmu_notifier_invalidate_range_start() in virt/kvm/kvm_main.c.
   */
  reclaim(range: {
    /** Guest-physical address in bytes. */
    readonly gpa: Address;
    /** Bytes, or text with a unit. */
    readonly size: Size;
  }): number;
  /**
   * A race: while vCPU 0 is at a named place in KVM's code for the `nth` time from now on, another vCPU carries out accesses. As long as
   * they need no exit they take place there and then. The first that leaves the guest waits, with those behind it, until vCPU 0 is through,
   * because KVM's locks are held. Their cost is not vCPU 0's. A place that is never passed is told in the notes.
   * Source: kvm_mmu_get_page(), FNAME(walk_addr)() and kvm_mmu_pte_write() in arch/x86/kvm/mmu.c and paging_tmpl.h (2.6.26);
   * kvm_faultin_pfn() in arch/x86/kvm/mmu/mmu.c.
   */
  whileIn(race: {
    /**
     * `kvm_mmu_get_page`: a new shadow page, between reading the guest's table and write-protecting it (as posted in 2007; in 2.6.26 between
     * write-protecting and reading). `walk_addr`: a guest page fault, its tables walked, nothing shadowed yet. `kvm_mmu_pte_write`: the
     * emulator has stored to a guest table whose shadow does not know it yet. `kvm_faultin_pfn`: EPT and NPT, the host page is known, mmu_lock
     * is not taken yet.
     */
    readonly window: 'kvm_mmu_get_page' | 'walk_addr' | 'kvm_mmu_pte_write' | 'kvm_faultin_pfn';
    /** The how manieth passage from now on, from 1. Default 1. */
    readonly nth?: number;
    /** Which vCPU, from 1. Default 1. */
    readonly vcpu?: number;
    /** What the other vCPU executes there, in this order. */
    readonly accesses: readonly OtherAccess[];
  }): number;
}

/** One instruction of another vCPU. */
interface OtherAccess {
  /** MOV from memory, MOV to memory, INVLPG or MOV to CR3. */
  readonly op: 'read' | 'write' | 'invlpg' | 'movCr3';
  /** Linear address in bytes; of `movCr3` the new value. */
  readonly address: Address;
  /** What is stored, an integer of `width` bytes. Default 0. */
  readonly value?: Value;
  /** Bytes of the operand. Default 8. */
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
  /**
   * A new process with an empty address space. It does not run yet.
   * Source: mm_init() in kernel/fork.c; pgd_alloc() in arch/x86/mm/pgtable.c.
   */
  process(): Process;
  /**
   * schedule(): loads the CR3 of `process`, unless it is loaded, and goes on in user mode.
   * Source: context_switch() in kernel/sched/core.c; switch_mm() in arch/x86/mm/tlb.c.
   */
  switchTo(process: Process): void;
  /**
   * fork: the child gets the address space of `process` copy-on-write. The parent goes on.
   * Source: dup_mmap() in kernel/fork.c; copy_page_range() in mm/memory.c.
   */
  fork(process: Process): Process;
  /** execve: an empty address space takes the place of the one that `process` has. Source: exec_mmap() in fs/exec.c. */
  exec(process: Process): void;
  /**
   * exit: everything that `process` has is unmapped and freed. If it runs, nobody runs after it, in kernel mode, until the next `switchTo`.
   * Source: exit_mmap() in mm/mmap.c.
   */
  exit(process: Process): void;

  /**
   * mmap in the address space of `process`; returns the linear address, in bytes. Nothing is mapped in the page tables before it is
   * accessed, unless `populate` or `gpa` says so. Source: do_mmap() in mm/mmap.c; handle_mm_fault() in mm/memory.c.
   */
  mmap(
    process: Process,
    mapping: {
      /** Bytes, or text with a unit; a multiple of 4096. */
      readonly size: Size;
      /** Linear address in bytes (MAP_FIXED_NOREPLACE). Default: one that no mapping of this script has had, downwards from the usual place. */
      readonly gva?: Address;
      /** Rights. Default 'rw'. */
      readonly prot?: Prot;
      /** MAP_SHARED. Without a file: shared memory, which processes forked later have too. Default false, MAP_PRIVATE. */
      readonly shared?: boolean;
      /** Name of a file: processes that map it share its pages in the page cache. A page holds zeros when it is first read. */
      readonly file?: string;
      /** Byte of the file at which the mapping begins, a multiple of the page size. Default 0. */
      readonly offset?: Size;
      /** madvise(MADV_HUGEPAGE): aligned parts get huge pages at their first access. Default false. */
      readonly huge?: boolean;
      /** MAP_POPULATE: every page at once. Default false. */
      readonly populate?: boolean;
      /** Guest-physical address in bytes of a device's pages (remap_pfn_range): mapped at once, shared. */
      readonly gpa?: Address;
    },
  ): number;
  /**
   * munmap in the address space of `process`. A huge page of which only a part goes is split.
   * Source: do_munmap() in mm/mmap.c; zap_pte_range() and free_pgd_range() in mm/memory.c.
   */
  munmap(
    process: Process,
    range: {
      /** Linear address in bytes, a multiple of 4096. */
      readonly gva: Address;
      /** Bytes, or text with a unit; a multiple of 4096. */
      readonly size: Size;
    },
  ): void;
  /** mprotect in the address space of `process`. Source: change_protection() in mm/mprotect.c. */
  mprotect(
    process: Process,
    range: {
      /** Linear address in bytes, a multiple of 4096. */
      readonly gva: Address;
      /** Bytes, or text with a unit; a multiple of 4096. */
      readonly size: Size;
      /** Rights from now on. */
      readonly prot: Prot;
    },
  ): void;

  /**
   * Clears the accessed bits of `process` as reclaim does; returns how many pages had been accessed since the last time.
   * Source: page_referenced() in mm/rmap.c; ptep_test_and_clear_young() in arch/x86/mm/pgtable.c.
   */
  age(process: Process): number;
  /**
   * Reclaim looks at so many `pages` of the page cache, in turn: one that was accessed gets another round, any other is unmapped from every
   * process. Returns how many were unmapped. They stay in the page cache. Source: shrink_page_list() in mm/vmscan.c; try_to_unmap() in
   * mm/rmap.c.
   */
  reclaim(pages: number): number;
  /**
   * khugepaged: makes one huge page of the aligned range around the address `gva` (linear, in bytes) of `process`; false where it gives up.
   * Source: collapse_huge_page() in mm/khugepaged.c (2.6.38).
   */
  promote(process: Process, gva: Address): boolean;

  /**
   * A system call of the process that runs: into kernel mode and out again. What `body` does is done in kernel mode.
   * Source: entry_SYSCALL_64 in arch/x86/entry/entry_64.S.
   */
  syscall(body?: () => void): void;

  /**
   * Counters so far, most under their names in /proc/vmstat: pgfault, pgmajfault, pgalloc, pgfree, pgreuse, cow, ctxt, processes, segv...
   * Source: vmstat_text[] in mm/vmstat.c; /proc/stat for ctxt and processes; the others are the model's.
   */
  vmstat(): Readonly<Record<string, number>>;
}

/** Messages for whoever wrote the script; they go to the error output, not into the result. */
declare const console: {
  log(...values: readonly unknown[]): void;
};
