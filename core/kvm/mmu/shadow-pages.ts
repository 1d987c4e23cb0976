import type { HostMemory } from '../../memory/host-memory.ts';
import { Chains } from './chains.ts';
import { GfnTable } from './gfn-table.ts';

const BUCKETS = 4096;
export const ENTRIES = 512;
const SEEN = 0;

/** Place of an SPTE as one number: page and index (a sptep). Never 0. */
export const spteAt = (page: number, index: number): number => page * ENTRIES + index;
export const pageOfSpte = (spte: number): number => Math.floor(spte / ENTRIES);
export const indexOfSpte = (spte: number): number => spte % ENTRIES;

/**
 * The shadow pages of one VM (struct kvm_mmu_page), as columns. A page is a number from 1; its table is a frame of host memory. Pages are found
 * by the guest frame they shadow (a hash), by the frame that holds their table, and in the order they were made. What `role` and
 * `flags` say is the generation's own matter. Everything here changes together with entries in host memory, or sets its mark of change;
 * what does not is registered as state by the generation (`floods`).
 */
export class ShadowPages {
  /** Frame of the table; 0 for a page that does not exist. */
  frame = new Int32Array(16);
  role = new Int32Array(16);
  flags = new Int32Array(16);
  gfn = new Float64Array(16);
  rootCount = new Int32Array(16);
  floods = new Int32Array(16);
  /** Head of the chain of entries that point to the page. */
  parents = new Int32Array(16);
  /** Made, and not freed yet. */
  count = 0;
  readonly chains = new Chains();
  readonly memory: HostMemory;
  private readonly buckets = new Int32Array(BUCKETS);
  private hashNext = new Int32Array(16);
  /** Neighbours in the list of pages in use, newest first. */
  private older = new Int32Array(16);
  private newer = new Int32Array(16);
  private listed = new Uint8Array(16);
  private newest = 0;
  private oldestPage = 0;
  private ofFrame = new Int32Array(256);
  private used = 1;
  private readonly unused: number[] = [];
  private readonly given = new GfnTable();

  constructor(memory: HostMemory) {
    this.memory = memory;
  }

  /** A new page with an empty table, at the head of the list. */
  create(gfn: number, role: number, flags = 0): number {
    const page = this.unused.pop() ?? this.used++;
    if (page === this.frame.length) this.grow();
    const frame = this.memory.allocFrame();
    this.frame[page] = frame;
    this.role[page] = role;
    this.flags[page] = flags;
    this.gfn[page] = gfn;
    this.rootCount[page] = 0;
    this.floods[page] = 0;
    this.parents[page] = 0;
    this.nameFrame(frame, page);
    const bucket = bucketOf(gfn);
    this.hashNext[page] = this.buckets[bucket]!;
    this.buckets[bucket] = page;
    this.count++;
    this.enlist(page);
    this.changed();
    return page;
  }

  /** Gives table and number back. Nothing may point to it, and no CPU have it cached. */
  free(page: number): void {
    const bucket = bucketOf(this.gfn[page]!);
    this.delist(page);
    if (this.buckets[bucket] === page) this.buckets[bucket] = this.hashNext[page]!;
    else {
      let at = this.buckets[bucket]!;
      while (this.hashNext[at] !== page) at = this.hashNext[at]!;
      this.hashNext[at] = this.hashNext[page]!;
    }
    this.given.set(this.gfn[page]!, SEEN, 1);
    this.memory.freeFrame(this.frame[page]!);
    this.ofFrame[this.frame[page]!] = 0;
    this.frame[page] = 0;
    this.hashNext[page] = 0;
    this.count--;
    this.unused.push(page);
  }

  /** A page that shadowed this guest frame has been given up before. */
  wasShadowed(gfn: number): boolean {
    return this.given.get(gfn, SEEN) !== 0;
  }

  /** First page of a guest frame, newest first; 0 for none. */
  first(gfn: number): number {
    return this.sameGfn(this.buckets[bucketOf(gfn)]!, gfn);
  }

  /** The next page of the same guest frame; 0 at the end. */
  next(page: number): number {
    return this.sameGfn(this.hashNext[page]!, this.gfn[page]!);
  }

  /** The page whose table a frame holds; 0 for any other frame. */
  of(frame: number): number {
    return frame < this.ofFrame.length ? this.ofFrame[frame]! : 0;
  }

  /** Oldest page in use, and the next younger one; 0 for none. */
  oldest(): number {
    return this.oldestPage;
  }

  younger(page: number): number {
    return this.newer[page]!;
  }

  /** Takes a page out of the list of those in use: it is being zapped. */
  delist(page: number): void {
    if (this.listed[page] === 0) return;
    const older = this.older[page]!;
    const newer = this.newer[page]!;
    if (newer === 0) this.newest = older;
    else this.older[newer] = older;
    if (older === 0) this.oldestPage = newer;
    else this.newer[older] = newer;
    this.listed[page] = 0;
  }

  /** Moves a page to the head of the list: it is recycled last. */
  renew(page: number): void {
    this.delist(page);
    this.enlist(page);
    this.changed();
  }

  isListed(page: number): boolean {
    return this.listed[page] !== 0;
  }

  addParent(page: number, spte: number): void {
    this.parents[page] = this.chains.push(this.parents[page]!, spte);
  }

  removeParent(page: number, spte: number): void {
    this.parents[page] = this.chains.remove(this.parents[page]!, spte);
  }

  entryLo(page: number, index: number): number {
    return this.memory.entryLo(this.frame[page]!, index);
  }

  entryHi(page: number, index: number): number {
    return this.memory.entryHi(this.frame[page]!, index);
  }

  setEntry(page: number, index: number, hi: number, lo: number): void {
    this.memory.setEntry(this.frame[page]!, index, hi, lo);
  }

  /** Marks the machine as changed, where no entry was. */
  changed(): void {
    this.memory.changed[0] = 1;
  }

  /** All numbers ever used are below this. */
  get limit(): number {
    return this.used;
  }

  private sameGfn(from: number, gfn: number): number {
    let page = from;
    while (page !== 0 && this.gfn[page] !== gfn) page = this.hashNext[page]!;
    return page;
  }

  private enlist(page: number): void {
    this.older[page] = this.newest;
    this.newer[page] = 0;
    if (this.newest !== 0) this.newer[this.newest] = page;
    else this.oldestPage = page;
    this.newest = page;
    this.listed[page] = 1;
  }

  private nameFrame(frame: number, page: number): void {
    if (frame >= this.ofFrame.length) {
      const grown = new Int32Array(Math.max(frame + 1, this.ofFrame.length * 2));
      grown.set(this.ofFrame);
      this.ofFrame = grown;
    }
    this.ofFrame[frame] = page;
  }

  private grow(): void {
    const wide = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    const gfn = new Float64Array(this.gfn.length * 2);
    gfn.set(this.gfn);
    const listed = new Uint8Array(this.listed.length * 2);
    listed.set(this.listed);
    this.frame = wide(this.frame);
    this.role = wide(this.role);
    this.flags = wide(this.flags);
    this.gfn = gfn;
    this.rootCount = wide(this.rootCount);
    this.floods = wide(this.floods);
    this.parents = wide(this.parents);
    this.hashNext = wide(this.hashNext);
    this.older = wide(this.older);
    this.newer = wide(this.newer);
    this.listed = listed;
  }
}

/** kvm_page_table_hashfn. */
const bucketOf = (gfn: number): number =>
  (Math.imul(gfn | 0, 0x9e37_79b1) ^ Math.imul((gfn / 0x1_0000_0000) | 0, 0x85eb_ca6b)) >>> 20;
