import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { PLACE } from './line-cache.ts';

const { L2, L3, DRAM } = PLACE;
// A module's own constants are folded into the code; STEP is not.
const GUEST_STRING = STEP['guest.string'];
const GUEST_LINE_SPLIT = STEP['guest.line_split'];
const GUEST_PAGE_SPLIT = STEP['guest.page_split'];
const GUEST_DTLB_L2_HIT = STEP['guest.dtlb_l2_hit'];
const GUEST_DATA_L2 = STEP['guest.data_l2'];
const GUEST_DATA_L3 = STEP['guest.data_l3'];
const GUEST_DATA_DRAM = STEP['guest.data_dram'];
const WALK_FIXED = STEP['walk.fixed'];
const WALK_PSC_PROBE = STEP['walk.psc_probe'];
const WALK_NESTED_TLB_HIT = STEP['walk.nested_tlb_hit'];
const WALK_GUEST_L1 = STEP['walk.guest_l1'];
const WALK_NESTED_L1 = STEP['walk.nested_l1'];
const WALK_GUEST_L2 = STEP['walk.guest_l2'];
const WALK_GUEST_L3 = STEP['walk.guest_l3'];
const WALK_GUEST_DRAM = STEP['walk.guest_dram'];
const WALK_NESTED_L2 = STEP['walk.nested_l2'];
const WALK_NESTED_L3 = STEP['walk.nested_l3'];
const WALK_NESTED_DRAM = STEP['walk.nested_dram'];
const WALK_SET_AD = STEP['walk.set_ad'];
const WALK_NESTED_SET_AD = STEP['walk.nested_set_ad'];
const WALK_PML_APPEND = STEP['walk.pml_append'];

/** Most repeats of one step added to a path at once. */
const MOST = 1 << 17;

/**
 * What one execution of an instruction made the silicon do, counted first and charged at its end in one fixed order. So the number of
 * distinct paths stays small: the order in which a walk met its loads is not part of a path, only how many came from where.
 */
export class Tally {
  /** 1 as soon as anything but a plain first-level hit was counted. */
  strings = 0;
  lineSplits = 0;
  pageSplits = 0;
  l2Hits = 0;
  walks = 0;
  pscProbes = 0;
  nestedTlbHits = 0;
  /** Loads of guest and nested entries, wherever they came from. */
  guestLoads = 0;
  nestedLoads = 0;
  setAd = 0;
  nestedSetAd = 0;
  pml = 0;
  /** Loads that did not come from L1, by place. */
  readonly guestFar = new Int32Array(5);
  readonly nestedFar = new Int32Array(5);
  readonly dataFar = new Int32Array(5);
  private far = 0;

  countGuest(place: number): void {
    this.guestFar[place]!++;
    this.far = 1;
  }

  countNested(place: number): void {
    this.nestedFar[place]!++;
    this.far = 1;
  }

  countData(place: number): void {
    this.dataFar[place]!++;
    this.far = 1;
  }

  clear(): void {
    this.strings = 0;
    this.lineSplits = 0;
    this.pageSplits = 0;
    this.l2Hits = 0;
    this.walks = 0;
    this.pscProbes = 0;
    this.nestedTlbHits = 0;
    this.guestLoads = 0;
    this.nestedLoads = 0;
    this.setAd = 0;
    this.nestedSetAd = 0;
    this.pml = 0;
    if (this.far !== 0) {
      this.guestFar.fill(0);
      this.nestedFar.fill(0);
      this.dataFar.fill(0);
      this.far = 0;
    }
  }

  /** True when nothing was counted but at most one second-level hit. */
  get plain(): boolean {
    return (
      this.walks === 0 &&
      this.far === 0 &&
      this.l2Hits <= 1 &&
      this.lineSplits === 0 &&
      this.pageSplits === 0 &&
      this.strings === 0
    );
  }

  /** Adds everything to the path under way. */
  charge(paths: PathTable): void {
    addMany(paths, GUEST_STRING, this.strings);
    addMany(paths, GUEST_LINE_SPLIT, this.lineSplits);
    addMany(paths, GUEST_PAGE_SPLIT, this.pageSplits);
    addMany(paths, GUEST_DTLB_L2_HIT, this.l2Hits);
    if (this.walks !== 0) this.chargeWalks(paths);
    if (this.far !== 0) {
      addMany(paths, GUEST_DATA_L2, this.dataFar[L2]!);
      addMany(paths, GUEST_DATA_L3, this.dataFar[L3]!);
      addMany(paths, GUEST_DATA_DRAM, this.dataFar[DRAM]!);
    }
  }

  private chargeWalks(paths: PathTable): void {
    const guest = this.guestFar;
    const nested = this.nestedFar;
    addMany(paths, WALK_FIXED, this.walks);
    addMany(paths, WALK_PSC_PROBE, this.pscProbes);
    addMany(paths, WALK_NESTED_TLB_HIT, this.nestedTlbHits);
    addMany(paths, WALK_GUEST_L1, this.guestLoads - guest[L2]! - guest[L3]! - guest[DRAM]!);
    addMany(paths, WALK_NESTED_L1, this.nestedLoads - nested[L2]! - nested[L3]! - nested[DRAM]!);
    if (this.far !== 0) {
      addMany(paths, WALK_GUEST_L2, guest[L2]!);
      addMany(paths, WALK_GUEST_L3, guest[L3]!);
      addMany(paths, WALK_GUEST_DRAM, guest[DRAM]!);
      addMany(paths, WALK_NESTED_L2, nested[L2]!);
      addMany(paths, WALK_NESTED_L3, nested[L3]!);
      addMany(paths, WALK_NESTED_DRAM, nested[DRAM]!);
    }
    addMany(paths, WALK_SET_AD, this.setAd);
    addMany(paths, WALK_NESTED_SET_AD, this.nestedSetAd);
    addMany(paths, WALK_PML_APPEND, this.pml);
  }
}

/** A string instruction may take one step more often than a path's edge can say. */
function addMany(paths: PathTable, step: number, times: number): void {
  let left = times;
  for (; left > MOST; left -= MOST) paths.addN(step, MOST);
  paths.addN(step, left);
}
