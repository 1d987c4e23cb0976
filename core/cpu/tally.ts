import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { PLACE } from './line-cache.ts';

const { L2, L3, DRAM } = PLACE;
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
    addMany(paths, STEP['guest.string'], this.strings);
    addMany(paths, STEP['guest.line_split'], this.lineSplits);
    addMany(paths, STEP['guest.page_split'], this.pageSplits);
    addMany(paths, STEP['guest.dtlb_l2_hit'], this.l2Hits);
    if (this.walks !== 0) this.chargeWalks(paths);
    if (this.far !== 0) {
      addMany(paths, STEP['guest.data_l2'], this.dataFar[L2]!);
      addMany(paths, STEP['guest.data_l3'], this.dataFar[L3]!);
      addMany(paths, STEP['guest.data_dram'], this.dataFar[DRAM]!);
    }
  }

  private chargeWalks(paths: PathTable): void {
    const guest = this.guestFar;
    const nested = this.nestedFar;
    addMany(paths, STEP['walk.fixed'], this.walks);
    addMany(paths, STEP['walk.psc_probe'], this.pscProbes);
    addMany(paths, STEP['walk.nested_tlb_hit'], this.nestedTlbHits);
    addMany(paths, STEP['walk.guest_l1'], this.guestLoads - guest[L2]! - guest[L3]! - guest[DRAM]!);
    addMany(paths, STEP['walk.nested_l1'], this.nestedLoads - nested[L2]! - nested[L3]! - nested[DRAM]!);
    if (this.far !== 0) {
      addMany(paths, STEP['walk.guest_l2'], guest[L2]!);
      addMany(paths, STEP['walk.guest_l3'], guest[L3]!);
      addMany(paths, STEP['walk.guest_dram'], guest[DRAM]!);
      addMany(paths, STEP['walk.nested_l2'], nested[L2]!);
      addMany(paths, STEP['walk.nested_l3'], nested[L3]!);
      addMany(paths, STEP['walk.nested_dram'], nested[DRAM]!);
    }
    addMany(paths, STEP['walk.set_ad'], this.setAd);
    addMany(paths, STEP['walk.nested_set_ad'], this.nestedSetAd);
    addMany(paths, STEP['walk.pml_append'], this.pml);
  }
}

/** A string instruction may take one step more often than a path's edge can say. */
function addMany(paths: PathTable, step: number, times: number): void {
  let left = times;
  for (; left > MOST; left -= MOST) paths.addN(step, MOST);
  paths.addN(step, left);
}
