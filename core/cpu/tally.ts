import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { PLACE } from './line-cache.ts';

// A module's own constants are folded into the code; what it imports is not.
const { L2, L3 } = PLACE;
const GUEST_STRING = STEP['guest.string'];
const GUEST_STRING_LINE = STEP['guest.string_line'];
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
const WALK_GUEST_L2 = STEP['walk.guest_l2'];
const WALK_GUEST_L3 = STEP['walk.guest_l3'];
const WALK_GUEST_DRAM = STEP['walk.guest_dram'];
const WALK_NESTED_L1 = STEP['walk.nested_l1'];
const WALK_NESTED_L2 = STEP['walk.nested_l2'];
const WALK_NESTED_L3 = STEP['walk.nested_l3'];
const WALK_NESTED_DRAM = STEP['walk.nested_dram'];
const WALK_SET_AD = STEP['walk.set_ad'];
const WALK_NESTED_SET_AD = STEP['walk.nested_set_ad'];
const WALK_PML_APPEND = STEP['walk.pml_append'];

/** Elements from which on a string instruction moves whole lines, and the bytes of a line. */
const FAST_STRING = 64;
const LINE = 64;

/**
 * What one execution of an instruction made the silicon do, counted first and charged at its end in one fixed order. So the number of
 * distinct paths stays small: the order in which a walk met its loads is not part of a path, only how many came from where.
 */
export class Tally {
  /** Elements of a string instruction, and the bytes of one. */
  strings = 0;
  elementBytes = 1;
  lineSplits = 0;
  pageSplits = 0;
  l2Hits = 0;
  walks = 0;
  pscProbes = 0;
  nestedTlbHits = 0;
  /** Loads of guest and nested entries, wherever they came from, and those that came from beyond L1. */
  guestLoads = 0;
  nestedLoads = 0;
  guestL2 = 0;
  guestL3 = 0;
  guestDram = 0;
  nestedL2 = 0;
  nestedL3 = 0;
  nestedDram = 0;
  /** Accessed or dirty flags set in guest and nested entries; entries of the page-modification log. */
  setAd = 0;
  nestedSetAd = 0;
  pml = 0;
  /** Data from beyond L1, where data goes through the cache model. */
  dataL2 = 0;
  dataL3 = 0;
  dataDram = 0;

  countGuest(place: number): void {
    if (place === L2) this.guestL2++;
    else if (place === L3) this.guestL3++;
    else this.guestDram++;
  }

  countNested(place: number): void {
    if (place === L2) this.nestedL2++;
    else if (place === L3) this.nestedL3++;
    else this.nestedDram++;
  }

  countData(place: number): void {
    if (place === L2) this.dataL2++;
    else if (place === L3) this.dataL3++;
    else this.dataDram++;
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
    this.guestL2 = 0;
    this.guestL3 = 0;
    this.guestDram = 0;
    this.nestedL2 = 0;
    this.nestedL3 = 0;
    this.nestedDram = 0;
    this.setAd = 0;
    this.nestedSetAd = 0;
    this.pml = 0;
    this.dataL2 = 0;
    this.dataL3 = 0;
    this.dataDram = 0;
  }

  /** True when nothing was counted but walks and TLB hits. */
  get simple(): boolean {
    return (this.lineSplits | this.pageSplits | this.strings | this.dataL2 | this.dataL3 | this.dataDram) === 0;
  }

  /**
   * Two words that name the counts of one walk with nothing beside it; the first is -1 where the counts do not fit. Kind of access: 0..3.
   */
  walkKey(kind: number): number {
    const { guestLoads, nestedLoads, nestedTlbHits, setAd, nestedSetAd } = this;
    if (this.walks !== 1 || this.l2Hits !== 0 || !this.simple || nestedLoads > 31 || nestedSetAd > 31) return -1;
    if (guestLoads > 7 || nestedTlbHits > 7 || setAd > 7 || this.pml > 7) return -1;
    return (
      kind |
      (this.pscProbes << 2) |
      (nestedTlbHits << 3) |
      (guestLoads << 6) |
      (nestedLoads << 9) |
      (setAd << 14) |
      (nestedSetAd << 17) |
      (this.pml << 22)
    );
  }

  /** The second word: loads from beyond L1. Fits where the first does. */
  get farKey(): number {
    return (
      this.guestL2 |
      (this.guestL3 << 3) |
      (this.guestDram << 6) |
      (this.nestedL2 << 9) |
      (this.nestedL3 << 14) |
      (this.nestedDram << 19)
    );
  }

  /** Adds everything to the path under way. */
  charge(paths: PathTable): void {
    if (this.strings !== 0) this.chargeString(paths);
    paths.addMany(GUEST_LINE_SPLIT, this.lineSplits);
    paths.addMany(GUEST_PAGE_SPLIT, this.pageSplits);
    paths.addMany(GUEST_DTLB_L2_HIT, this.l2Hits);
    if (this.walks !== 0) this.chargeWalks(paths);
    paths.addMany(GUEST_DATA_L2, this.dataL2);
    paths.addMany(GUEST_DATA_L3, this.dataL3);
    paths.addMany(GUEST_DATA_DRAM, this.dataDram);
  }

  /** Fast-string microcode takes over where the count is long enough (SDM vol. 1, "Fast-String Operation"). */
  private chargeString(paths: PathTable): void {
    const { strings, elementBytes } = this;
    const lines = strings >= FAST_STRING ? Math.floor((strings * elementBytes) / LINE) : 0;
    paths.addMany(GUEST_STRING_LINE, lines);
    paths.addMany(GUEST_STRING, strings - (lines * LINE) / elementBytes);
  }

  private chargeWalks(paths: PathTable): void {
    paths.addMany(WALK_FIXED, this.walks);
    paths.addMany(WALK_PSC_PROBE, this.pscProbes);
    paths.addMany(WALK_NESTED_TLB_HIT, this.nestedTlbHits);
    paths.addMany(WALK_GUEST_L1, this.guestLoads - this.guestL2 - this.guestL3 - this.guestDram);
    paths.addMany(WALK_GUEST_L2, this.guestL2);
    paths.addMany(WALK_GUEST_L3, this.guestL3);
    paths.addMany(WALK_GUEST_DRAM, this.guestDram);
    paths.addMany(WALK_NESTED_L1, this.nestedLoads - this.nestedL2 - this.nestedL3 - this.nestedDram);
    paths.addMany(WALK_NESTED_L2, this.nestedL2);
    paths.addMany(WALK_NESTED_L3, this.nestedL3);
    paths.addMany(WALK_NESTED_DRAM, this.nestedDram);
    paths.addMany(WALK_SET_AD, this.setAd);
    paths.addMany(WALK_NESTED_SET_AD, this.nestedSetAd);
    paths.addMany(WALK_PML_APPEND, this.pml);
  }
}
