import type { RunLoopSetting } from './epochs.ts';
import type { MitigationId } from './mitigations.ts';
import type { StepName } from './steps.ts';

/** Where a number comes from: read in a source, derived from read numbers by arithmetic, or estimated. */
export type Kind = 'read' | 'derived' | 'estimated';

/** A number with its honesty: best value, range, kind and source. Cycles are TSC cycles unless the source says core cycles. */
export interface Cited {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly kind: Kind;
  readonly source: string;
}

/** One TLB array. `ways === entries` means fully associative. */
export interface TlbGeometry {
  readonly entries: number;
  readonly ways: number;
  readonly source: string;
}

/** Null where the CPU has no such array; a page size without an array of its own is splintered into the next smaller one. */
export interface TlbSet {
  readonly p4k: TlbGeometry | null;
  readonly p2m: TlbGeometry | null;
  readonly p1g: TlbGeometry | null;
  /** One array shared by the page sizes listed (AMD's first level, Intel's 4K+2M second level). When set it replaces those arrays. */
  readonly shared?: { readonly sizes: readonly ('4K' | '2M' | '1G')[]; readonly geometry: TlbGeometry };
}

export interface CacheGeometry {
  readonly bytes: number;
  readonly ways: number;
  readonly source: string;
}

export interface Geometry {
  readonly dtlb: TlbSet;
  /** Where stores have a first level of their own (Ice Lake and later); `dtlb` is then the loads'. Null: one for both. */
  readonly storeDtlb: TlbSet | null;
  readonly itlb: TlbSet;
  readonly stlb: TlbSet;
  /** Second level of instruction fetches where it is not `stlb` (AMD). */
  readonly stlbInstr: TlbSet | null;
  /** Intel: split paging-structure caches by level, entries. AMD: one unified cache keyed by the entry's physical address. */
  readonly psc:
    | {
        readonly kind: 'split';
        readonly pml5: number;
        readonly pml4: number;
        readonly pdpt: number;
        readonly pd: number;
        readonly source: string;
      }
    | { readonly kind: 'unified'; readonly entries: number; readonly source: string };
  readonly nestedTlb: { readonly entries: number; readonly source: string };
  readonly l1d: CacheGeometry;
  readonly l2: CacheGeometry;
  readonly l3: CacheGeometry;
  /** Bits of physical address. */
  readonly maxphyaddr: number;
  readonly source: string;
}

/** The published or estimated sums the software prices of a model were scaled to meet. */
export interface Anchors {
  /** Hardware exit and entry together (on AMD with VMLOAD, VMSAVE, CLGI, STGI). */
  readonly hwx: Cited;
  /** Cheapest exit served in the kernel, as the guest sees it: a VMCALL or VMMCALL. */
  readonly lx: Cited;
  /** The kernel's age and the mitigations under which `lx` was taken. */
  readonly lxSetting: RunLoopSetting;
  /** What a round trip to userspace adds: return of KVM_RUN, the VMM, KVM_RUN again. */
  readonly ux: Cited;
}

export interface CpuModel {
  /** Short id used on the command line, e.g. `skylake-sp`. */
  readonly id: string;
  readonly name: string;
  readonly vendor: 'intel' | 'amd';
  readonly year: number;
  readonly ghz: number;
  readonly geometry: Geometry;
  /** A price for every step; steps of the other vendor cost what they would, or are absent and refused. */
  readonly prices: { readonly [K in StepName]: Cited };
  /** Mitigations this generation needs by default, by id of core/cost/mitigations.ts. */
  readonly mitigations: readonly MitigationId[];
  readonly anchors: Anchors;
  readonly features: {
    readonly pml: boolean;
    readonly eptAd: boolean;
    readonly executeOnly: boolean;
    readonly p1g: boolean;
    readonly nrips: boolean;
    readonly decodeAssists: boolean;
    readonly smep: boolean;
    readonly smap: boolean;
    readonly pku: boolean;
    /** Five levels, of the guest's tables and of the nested ones. */
    readonly la57: boolean;
    readonly pcid: boolean;
    readonly vpid: boolean;
  };
}
