import type { Geometry } from '../cost/cpu-model.ts';

/**
 * Configuration of one vCPU's silicon. The switches are those where sources disagree or are silent; each default is the one that the
 * sources favour.
 */
export interface CpuConfig {
  /** Second dimension: Intel's EPT, AMD's nested paging, or none (native, or shadow paging: one table walked with host frames). */
  readonly nested: 'ept' | 'npt' | 'none';
  /** Which vendor's exits, intercept codes and paging-structure caches. Default: AMD for `npt`, else Intel. */
  readonly vendor: 'intel' | 'amd';
  /** VPID on: exits and entries drop nothing. Off (Intel only): each drops every linear and combined mapping. AMD always has an ASID. */
  readonly vpid: boolean;
  /** EPTP bit 6: accessed and dirty flags in EPT entries. */
  readonly eptAd: boolean;
  /** EPT entries with X alone are valid. */
  readonly executeOnly: boolean;
  /** Physical address bits of the processor, host and guest alike (36..52). */
  readonly maxphyaddr: number;
  /** Large pages of 1 GiB exist (guest and nested). */
  readonly p1g: boolean;
  /** Next RIP is saved on instruction intercepts (AMD). */
  readonly nrips: boolean;
  /** Host EFER.NXE as of VMRUN: nested NX works, and fetch faults set bit 4. */
  readonly hostNx: boolean;
  /** Data accesses go through the cache model too (slower; off: data comes from L1). */
  readonly dataCache: boolean;
  /** Every N instructions some random cached entries are dropped; 0: never. */
  readonly evictEvery: number;
  readonly seed: number;
  /** An EPT violation also drops paging-structure-cache entries used for the address: a mapping is a translation or a PSC entry. */
  readonly eptViolationDropsPsc: boolean;
  /**
   * A nested page fault drops what was cached on its way (translation, nested TLB entry, upper entries), and a fault found through
   * cached entries is confirmed by a walk from memory first. Default true: APM vol. 2, 5.5.2, says so of "any type of page fault"
   * ("Use of Cached Entries When Reporting a Page Fault Exception"); nothing is said of nested faults apart. [recalled]
   */
  readonly npfDropsTranslation: boolean;
  /** Next RIP is saved on nested page faults too. The manual defines it for instruction intercepts only; KVM 7.0 counts on it. */
  readonly nripOnNpf: boolean;
  /** VM_EXIT_INSTRUCTION_LEN holds the length on EPT misconfigurations and violations: real CPUs do, nested hypervisors may not. */
  readonly misconfigFillsInsnLen: boolean;
  /** Table loads look in L1D first; off: in L2 first. */
  readonly walkerLoadsThroughL1D: boolean;
  /** A TLB hit without the rights is walked before it faults; off: a fault of the guest's own rules is raised from the TLB entry. */
  readonly tlbRightsMissRewalks: boolean;
  /** Which page of a page-crossing access is translated, and so reports, first. */
  readonly pageCrossFaultOrder: 'low' | 'high';
  /** Entries of the paging-structure caches instead of the model's: [PML5E, PML4E, PDPTE, PDE], or the unified cache's as one number. */
  readonly pscSizes: readonly [number, number, number, number] | number | null;
  /** Entries of the nested TLB instead of the model's. */
  readonly nestedTlbEntries: number | null;
}

/** The model's own facts, and the defaults of every switch. */
export function cpuConfig(geometry: Geometry, wanted: Partial<CpuConfig>): CpuConfig {
  const nested = wanted.nested ?? 'ept';
  return {
    vendor: nested === 'npt' ? 'amd' : 'intel',
    vpid: true,
    eptAd: true,
    executeOnly: true,
    maxphyaddr: geometry.maxphyaddr,
    p1g: true,
    nrips: true,
    hostNx: true,
    dataCache: false,
    evictEvery: 0,
    seed: 1,
    eptViolationDropsPsc: true,
    npfDropsTranslation: true,
    nripOnNpf: false,
    misconfigFillsInsnLen: true,
    walkerLoadsThroughL1D: true,
    tlbRightsMissRewalks: true,
    pageCrossFaultOrder: 'low',
    pscSizes: null,
    nestedTlbEntries: null,
    ...wanted,
    nested,
  };
}
