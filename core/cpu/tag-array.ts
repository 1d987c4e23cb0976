import type { StateSet } from '../base/state.ts';

/**
 * A set-associative array of tagged entries: the flesh of every TLB and paging-structure cache. Several groups (one geometry each)
 * share the columns, so that one look-up table serves all page sizes.
 *
 * An entry is a record of eight words. Its tag is (lo, hi, size class): `lo` holds the page-number bits that the class keeps, `hi` the
 * upper page-number bits and the context. Where an entry may stand is decided by its group's sets and ways; where it does stand is
 * found through exact hash chains, so that a look-up costs the same for 4 ways and for 72.
 *
 * Replacement is bit-PLRU in every set: a hit marks the entry, the last mark clears the others, the lowest invalid or else unmarked
 * way is the victim. Vendors publish no policy; this one is an estimate.
 */
export const STRIDE = 8;
export const F_LO = 0;
export const F_HI = 1;
export const F_MASK = 2;
/** First host frame that the entry stands for. */
export const F_BASE = 3;
export const F_FLAGS = 4;
/** Two words for the owner's use. */
export const F_X = 5;
export const F_Y = 6;
/** 1: marked as recently used (a copy of the set's mark, beside the tag for the sake of the hit path). */
export const F_USED = 7;

/** What a size class keeps of the low word of a page number: 4K, 2M (PDE), 1G (PDPTE), PML4E, PML5E. */
export const CLASS_MASK = [~0, ~0x1ff, ~0x3ffff, ~0x7ffffff, 0] as const;
export const CLASSES = 5;
const CLASS_SHIFT = [0, 9, 18, 27, 0] as const;

export interface GroupGeometry {
  readonly entries: number;
  readonly ways: number;
}

export class TagArray {
  /** Records, slot 0 unused: a look-up answers 0 for "not here". */
  readonly cells: Int32Array;
  /** Valid entries of each size class. */
  readonly live = new Int32Array(CLASSES);
  readonly slots: number;
  private total = 0;
  private readonly head: Int32Array;
  private readonly next: Int32Array;
  private readonly hashShift: number;
  /** Per set, as many words as its ways need. */
  private readonly valid: Int32Array;
  private readonly marks: Int32Array;
  private readonly classOf: Uint8Array;
  private readonly groupOf: Uint8Array;
  private readonly sets: Int32Array;
  private readonly ways: Int32Array;
  private readonly firstSlot: Int32Array;
  private readonly firstWord: Int32Array;
  private readonly wordsPerSet: Int32Array;

  constructor(groups: readonly GroupGeometry[]) {
    const count = groups.length;
    this.sets = new Int32Array(count);
    this.ways = new Int32Array(count);
    this.firstSlot = new Int32Array(count);
    this.firstWord = new Int32Array(count);
    this.wordsPerSet = new Int32Array(count);
    let slots = 1;
    let words = 0;
    groups.forEach(({ entries, ways }, g) => {
      this.ways[g] = Math.min(ways, entries);
      this.sets[g] = entries === 0 ? 0 : Math.floor(entries / this.ways[g]!);
      this.firstSlot[g] = slots;
      this.firstWord[g] = words;
      this.wordsPerSet[g] = Math.ceil(this.ways[g]! / 32);
      slots += this.sets[g]! * this.ways[g]!;
      words += this.sets[g]! * this.wordsPerSet[g]!;
    });
    this.slots = slots - 1;
    this.cells = new Int32Array(slots * STRIDE);
    this.next = new Int32Array(slots);
    this.classOf = new Uint8Array(slots);
    this.groupOf = new Uint8Array(slots);
    groups.forEach((_, g) => {
      this.groupOf.fill(g, this.firstSlot[g]!, this.firstSlot[g]! + this.sets[g]! * this.ways[g]!);
    });
    this.valid = new Int32Array(words);
    this.marks = new Int32Array(words);
    const hashBits = Math.ceil(Math.log2(Math.max(16, this.slots * 2)));
    this.head = new Int32Array(2 ** hashBits);
    this.hashShift = 32 - hashBits;
  }

  register(state: StateSet): void {
    state.addState(() => [this.cells, this.valid, this.marks]);
  }

  /** Valid entries. */
  get size(): number {
    return this.total;
  }

  /** Slot of the entry of this class whose high tag is one of two (a global page has a tag of its own), or 0. `lo` is masked here. */
  find(cls: number, lo: number, hiA: number, hiB: number): number {
    if (this.live[cls] === 0) return 0;
    const mask = CLASS_MASK[cls]!;
    const tag = lo & mask;
    const cells = this.cells;
    let slot = this.head[Math.imul(tag, 0x9e3779b1) >>> this.hashShift]!;
    while (slot !== 0) {
      const at = slot * STRIDE;
      if (cells[at + F_LO] === tag && cells[at + F_MASK] === mask) {
        const hi = cells[at + F_HI]!;
        if (hi === hiA || hi === hiB) return slot;
      }
      slot = this.next[slot]!;
    }
    return 0;
  }

  /** Marks an entry as used. Hot code tests F_USED first. */
  touch(slot: number): void {
    const at = slot * STRIDE + F_USED;
    if (this.cells[at] === 0) this.mark(slot);
  }

  /**
   * The slot for this tag in `group`: the entry that bears it already, or a free or replaced way. Tag words are written, the rest is the
   * caller's to fill. 0 where the group has no entries.
   */
  insert(group: number, cls: number, lo: number, hi: number): number {
    const sets = this.sets[group]!;
    if (sets === 0) return 0;
    const there = this.find(cls, lo, hi, hi);
    if (there !== 0 && this.groupOf[there] === group) {
      this.touch(there);
      return there;
    }
    const mask = CLASS_MASK[cls]!;
    const tag = lo & mask;
    const index =
      sets === 1
        ? 0
        : (sets & (sets - 1)) === 0
          ? (tag >>> CLASS_SHIFT[cls]!) & (sets - 1)
          : (tag >>> CLASS_SHIFT[cls]!) % sets;
    const slot = this.victim(group, index);
    const at = slot * STRIDE;
    const cells = this.cells;
    if (cells[at + F_HI] !== 0) this.unlink(slot);
    else this.total++;
    cells[at + F_LO] = tag;
    cells[at + F_HI] = hi;
    cells[at + F_MASK] = mask;
    this.classOf[slot] = cls;
    this.live[cls]!++;
    const h = Math.imul(tag, 0x9e3779b1) >>> this.hashShift;
    this.next[slot] = this.head[h]!;
    this.head[h] = slot;
    this.valid[this.wordOf(slot)]! |= this.bitOf(slot);
    this.mark(slot);
    return slot;
  }

  /** Invalidates one slot; nothing happens where it is invalid already. */
  drop(slot: number): void {
    const at = slot * STRIDE;
    if (slot === 0 || this.cells[at + F_HI] === 0) return;
    this.unlink(slot);
    this.total--;
    const word = this.wordOf(slot);
    this.valid[word]! &= ~this.bitOf(slot);
    this.marks[word]! &= ~this.bitOf(slot);
    this.cells.fill(0, at, at + STRIDE);
  }

  /** Invalidates every entry whose high tag word passes a test. */
  dropWhere(test: (hi: number, slot: number) => boolean): void {
    if (this.total === 0) return;
    for (let slot = 1; slot <= this.slots; slot++) {
      const hi = this.cells[slot * STRIDE + F_HI]!;
      if (hi !== 0 && test(hi, slot)) this.drop(slot);
    }
  }

  /** Invalidates everything. */
  clear(): void {
    if (this.total === 0) return;
    this.cells.fill(0);
    this.head.fill(0);
    this.valid.fill(0);
    this.marks.fill(0);
    this.live.fill(0);
    this.total = 0;
  }

  /** Size class of a valid slot. */
  classAt(slot: number): number {
    return this.classOf[slot]!;
  }

  private wordOf(slot: number): number {
    const g = this.groupOf[slot]!;
    const ways = this.ways[g]!;
    const n = slot - this.firstSlot[g]!;
    const set = (n / ways) | 0;
    return this.firstWord[g]! + set * this.wordsPerSet[g]! + ((n - set * ways) >> 5);
  }

  private bitOf(slot: number): number {
    const g = this.groupOf[slot]!;
    return 1 << (((slot - this.firstSlot[g]!) % this.ways[g]!) & 31);
  }

  private mark(slot: number): void {
    const g = this.groupOf[slot]!;
    const ways = this.ways[g]!;
    const n = slot - this.firstSlot[g]!;
    const set = (n / ways) | 0;
    const way = n - set * ways;
    const per = this.wordsPerSet[g]!;
    const first = this.firstWord[g]! + set * per;
    this.marks[first + (way >> 5)]! |= 1 << (way & 31);
    this.cells[slot * STRIDE + F_USED] = 1;
    for (let w = 0; w < per; w++) if (this.marks[first + w] !== fullWord(ways, w)) return;
    for (let w = 0; w < per; w++) this.marks[first + w] = 0;
    const base = (slot - way) * STRIDE + F_USED;
    for (let i = 0; i < ways; i++) this.cells[base + i * STRIDE] = 0;
    this.marks[first + (way >> 5)] = 1 << (way & 31);
    this.cells[slot * STRIDE + F_USED] = 1;
  }

  /** Lowest invalid way of a set, or its lowest unmarked way. */
  private victim(group: number, set: number): number {
    const ways = this.ways[group]!;
    const per = this.wordsPerSet[group]!;
    const first = this.firstWord[group]! + set * per;
    const slot = this.firstSlot[group]! + set * ways;
    for (let w = 0; w < per; w++) {
      const free = ~this.valid[first + w]! & fullWord(ways, w);
      if (free !== 0) return slot + w * 32 + 31 - Math.clz32(free & -free);
    }
    for (let w = 0; w < per; w++) {
      const cold = ~this.marks[first + w]! & fullWord(ways, w);
      if (cold !== 0) return slot + w * 32 + 31 - Math.clz32(cold & -cold);
    }
    return slot; // one way: it is always marked
  }

  private unlink(slot: number): void {
    const tag = this.cells[slot * STRIDE + F_LO]!;
    const h = Math.imul(tag, 0x9e3779b1) >>> this.hashShift;
    this.live[this.classOf[slot]!]!--;
    let at = this.head[h]!;
    if (at === slot) {
      this.head[h] = this.next[slot]!;
      return;
    }
    while (this.next[at] !== slot) at = this.next[at]!;
    this.next[at] = this.next[slot]!;
  }
}

/** All ways of word `w` of a set. */
const fullWord = (ways: number, w: number): number => (ways - w * 32 >= 32 ? -1 : (1 << (ways - w * 32)) - 1);
