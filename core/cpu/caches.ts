import type { StateSet } from '../base/state.ts';
import type { Geometry } from '../cost/cpu-model.ts';
import type { CpuConfig } from './config.ts';
import { SplitPsc } from './psc.ts';
import { TagArray } from './tag-array.ts';
import { Tlb } from './tlb.ts';

type PscSizes = readonly [number, number, number, number];

/** Everything that the silicon of one vCPU remembers about translations. */
export class Caches {
  readonly dtlb: Tlb;
  /** First level of stores: an array of its own, or the loads'. */
  readonly storeTlb: Tlb;
  readonly itlb: Tlb;
  readonly stlb: Tlb;
  /** Second level of fetches: an array of its own, or the one of data. */
  readonly stlbInstr: Tlb;
  /** Each of the TLBs above once. */
  readonly tlbs: readonly Tlb[];
  /** Linear or combined paging-structure caches (Intel). Spare words: guest frame of the table. */
  readonly guestPsc: SplitPsc;
  /** Guest-physical paging-structure caches (Intel). */
  readonly nestedPsc: SplitPsc;
  /** Guest-physical translations: guest frame to host frame. */
  readonly nestedTlb: TagArray;
  /** Unified page-table cache (AMD): entries by their physical address, guest and nested. Words: the entry's two halves. */
  readonly tableCache: TagArray;

  constructor(geometry: Geometry, config: CpuConfig) {
    this.dtlb = new Tlb(geometry.dtlb);
    this.storeTlb = geometry.storeDtlb === null ? this.dtlb : new Tlb(geometry.storeDtlb);
    this.itlb = new Tlb(geometry.itlb);
    this.stlb = new Tlb(geometry.stlb);
    this.stlbInstr = geometry.stlbInstr === null ? this.stlb : new Tlb(geometry.stlbInstr);
    this.tlbs = [...new Set([this.dtlb, this.storeTlb, this.itlb, this.stlb, this.stlbInstr])];
    const split = splitSizes(geometry, config);
    this.guestPsc = new SplitPsc(split);
    this.nestedPsc = new SplitPsc(config.nested === 'ept' ? split : [0, 0, 0, 0]);
    const nested = config.nested === 'none' ? 0 : (config.nestedTlbEntries ?? geometry.nestedTlb.entries);
    this.nestedTlb = new TagArray([{ entries: nested, ways: Math.max(1, nested) }]);
    const unified = unifiedSize(geometry, config);
    this.tableCache = new TagArray([{ entries: unified, ways: Math.max(1, unified) }]);
  }

  register(state: StateSet): void {
    for (const part of [...this.tlbs, this.guestPsc, this.nestedPsc, this.nestedTlb, this.tableCache]) {
      part.register(state);
    }
  }

  clear(): void {
    for (const tlb of this.tlbs) tlb.clear();
    this.guestPsc.tags.clear();
    this.nestedPsc.tags.clear();
    this.nestedTlb.clear();
    this.tableCache.clear();
  }
}

function splitSizes({ psc }: Geometry, { pscSizes }: CpuConfig): PscSizes {
  if (pscSizes !== null) return typeof pscSizes === 'number' ? [0, 0, 0, 0] : pscSizes;
  return psc.kind === 'split' ? [psc.pml5, psc.pml4, psc.pdpt, psc.pd] : [0, 0, 0, 0];
}

function unifiedSize({ psc }: Geometry, { pscSizes }: CpuConfig): number {
  if (pscSizes !== null) return typeof pscSizes === 'number' ? pscSizes : 0;
  return psc.kind === 'unified' ? psc.entries : 0;
}
