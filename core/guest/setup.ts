/**
 * What a script declares before the guest runs, and what the host does while it runs. Plain data: addresses and sizes are bigints
 * or numbers in bytes, already checked for type by the sandbox; whether KVM accepts them is KVM's own answer.
 */
export type PageSize = '4K' | '2M' | '1G';

/** Guest paging: 32-bit (2 levels), PAE (3), 4 levels, 5 levels, or none (CR0.PG clear). */
export type PagingMode = 'none' | '2-level' | 'pae' | '4-level' | '5-level';

export interface RamOp {
  readonly kind: 'ram';
  readonly gpa: bigint;
  readonly size: bigint;
  readonly readonly: boolean;
  readonly logDirty: boolean;
  /** Size of the host pages behind the slot. */
  readonly hostPage: PageSize;
  /** Page size of the identity mapping made for it; null for none. */
  readonly map: PageSize | null;
}

export interface PagingOp {
  readonly kind: 'paging';
  readonly mode: PagingMode;
  /** Where the guest's page tables are built; null: at the end of the first RAM region. */
  readonly tables: bigint | null;
}

export interface MapOp {
  readonly kind: 'map';
  readonly gva: bigint;
  readonly gpa: bigint;
  readonly size: bigint;
  readonly page: PageSize;
  readonly writable: boolean;
  readonly user: boolean;
  readonly execute: boolean;
  readonly global: boolean;
  readonly pkey: number;
  readonly present: boolean;
}

/** Rights of a mapping about which nothing is said. */
export const PLAIN_RIGHTS = Object.freeze({
  writable: true,
  user: true,
  execute: true,
  global: false,
  pkey: 0,
  present: true,
});

export interface UnmapOp {
  readonly kind: 'unmap';
  readonly gva: bigint;
  readonly size: bigint;
}

/** A doorbell: how it is realised (MMIO, port, read-only page; ioeventfd length, datamatch) is the configuration's choice. */
export interface DoorbellOp {
  readonly kind: 'doorbell';
  readonly id: number;
  readonly name: string;
  /** Bytes of the kick's store: 1, 2, 4 or 8. */
  readonly width: number;
  /** Address asked for; null lets the machine choose a page of its own (or a port). */
  readonly gpa: bigint | null;
  /** The value that a datamatch doorbell expects. */
  readonly match: bigint;
}

export interface MemslotOp {
  readonly kind: 'memslot';
  readonly slot: number;
  readonly gpa: bigint;
  /** 0 deletes the slot. */
  readonly size: bigint;
  readonly readonly: boolean;
  readonly logDirty: boolean;
  /** Host virtual address; null: one of its own, kept by slot number. */
  readonly hva: bigint | null;
  readonly hostPage: PageSize;
}

export interface IoeventfdOp {
  readonly kind: 'ioeventfd';
  readonly addr: bigint;
  readonly length: number;
  readonly datamatch: bigint | null;
  readonly pio: boolean;
  readonly deassign: boolean;
  /** Name of the eventfd. */
  readonly fd: string;
}

export interface CoalescedOp {
  readonly kind: 'coalesced';
  readonly addr: bigint;
  readonly size: number;
  readonly pio: boolean;
  readonly unregister: boolean;
}

export interface DirtyLogOp {
  readonly kind: 'get-dirty-log';
  readonly slot: number;
}

/** The host unmaps pages of a slot (reclaim, swap): the MMU notifier zaps them. Contents are kept. */
export interface ReclaimOp {
  readonly kind: 'reclaim';
  readonly gpa: bigint;
  readonly size: bigint;
}

/** One-off settings of the guest's registers before it starts. */
export interface RegistersOp {
  readonly kind: 'registers';
  readonly cpl?: number;
  readonly wp?: boolean;
  readonly smep?: boolean;
  readonly smap?: boolean;
  readonly pke?: boolean;
  readonly pcide?: boolean;
  readonly pge?: boolean;
  readonly pkru?: number;
  readonly osxsave?: boolean;
  /** XCR0; 'host': as the host has it. */
  readonly xcr0?: number | 'host';
}

/** vCPUs of the VM; the script drives the first, the others do what `while-in` says. */
export interface VcpusOp {
  readonly kind: 'vcpus';
  readonly count: number;
}

/** One instruction of another vCPU. */
export interface OtherAccess {
  readonly op: 'read' | 'write' | 'invlpg' | 'movCr3';
  /** Linear address, or the value of CR3. */
  readonly address: bigint;
  /** Stored value. */
  readonly value: bigint;
  /** Bytes: 1, 2, 4 or 8. */
  readonly width: number;
}

/** While vCPU 0 is at a place in KVM's code (core/kvm/windows.ts) for the `nth` time from now on, another vCPU carries out accesses. */
export interface WhileInOp {
  readonly kind: 'while-in';
  readonly window: string;
  readonly nth: number;
  readonly vcpu: number;
  readonly accesses: readonly OtherAccess[];
}

/** An interrupt of the host's own arrives while the guest runs. */
interface ExternalInterruptOp {
  readonly kind: 'external-interrupt';
}

/** A machine check: while the guest runs, or during VM entry. */
interface MachineCheckOp {
  readonly kind: 'machine-check';
  readonly when: 'guest' | 'entry';
}

/** What brings a vCPU out of the guest without an instruction of the guest's. */
export type HostEventOp = ExternalInterruptOp | MachineCheckOp;

/** KVM_CREATE_IRQCHIP: an in-kernel local APIC in x2APIC mode. */
interface LapicOp {
  readonly kind: 'lapic';
}

/** The VM is a TD (TDX): its vCPUs' state is protected. */
interface TdOp {
  readonly kind: 'td';
}

/** The small guest kernel (core/guest/kernel). */
export interface KernelSetupOp {
  readonly kind: 'kernel';
  /** Which Linux: how it edits page tables and flushes. */
  readonly release: '2.6.24' | '3.14' | '4.15' | '6.18';
  readonly pcid: boolean;
  /** The memory that it hands out; null: the first RAM region above its first MiB. */
  readonly gpa: bigint | null;
  readonly size: bigint | null;
  /** Page size of its direct map; null: 2 MiB (4 MiB in 2-level paging) where the region allows it. */
  readonly directMap: PageSize | null;
}

/** Bytes put into guest memory before the guest runs. */
export interface PokeOp {
  readonly kind: 'poke';
  readonly gpa: bigint;
  readonly bytes: Uint8Array;
}

/** The script line that asked for it, for notes; absent when unknown. */
interface Placed {
  readonly line?: number;
}

/** Things a script may ask for before and during the run. */
export type HostOp = Placed &
  (MemslotOp | IoeventfdOp | CoalescedOp | DirtyLogOp | ReclaimOp | WhileInOp | HostEventOp);
export type SetupOp =
  | HostOp
  | (Placed &
      (
        | RamOp
        | PagingOp
        | MapOp
        | UnmapOp
        | DoorbellOp
        | RegistersOp
        | PokeOp
        | KernelSetupOp
        | VcpusOp
        | LapicOp
        | TdOp
      ));
