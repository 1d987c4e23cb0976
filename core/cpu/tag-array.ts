import type { StateSet } from '../base/state.ts';

/**
 * A set-associative array of tagged entries: the flesh of every TLB and paging-structure cache. Several groups (one geometry each) share
 * it, so that one look-up table serves all page sizes.
 *
 * An entry is a record of eight words. Its tag is (lo, hi, size class): `lo` holds the page-number bits that the class keeps, `hi` the
 * upper page-number bits and the context. Where an entry may stand is decided by its group's sets and ways; where it does stand is
 * found through exact hash chains, so that a look-up costs the same for 4 ways and for 72.
 *
 * Replacement is bit-PLRU in every set: a use marks the entry, the last mark clears the others, an invalidated entry loses its mark, the
 * lowest unmarked way is the victim. Vendors publish no policy; this one is an estimate.
 *
 * All of it is one typed array, because hot code pays for every array it touches. Regions, in order: the records (record 0 unused: a
 * look-up answers 0 for "not here"), the words of the sets (a word for every 32 ways), then what is derived: chain heads, chain links,
 * counts, and the owner's hints. The first two are the state.
 */
export const RECORD = Object.freeze({
  /** Words of a record. */
  STRIDE: 8,
  LO: 0,
  HI: 1,
  MASK: 2,
  /** First host frame that the entry stands for. */
  BASE: 3,
  FLAGS: 4,
  /** For the owner's use. */
  X: 5,
  /** Where the set's word stands, and this way's bit in it: constants. */
  WORD: 6,
  BIT: 7,
  /** In a set's word: the marked ways. */
  MARKS: 0,
});

// A module's own constants are folded into the code, imported ones are read from memory at each use: hence the copies everywhere.
const { STRIDE, LO, HI, MASK, WORD, BIT, MARKS } = RECORD;
const STRIDE_BITS = 3;
/** Fibonacci hashing. */
const GOLDEN = 0x9e3779b1;

// A set's word: the marked ways; and constants: all its ways, its first slot, its set's first word, the number of these.
const WORD_STRIDE = 8;
const FULL = 1;
const FIRST_SLOT = 2;
const SET_WORD = 3;
const SET_WORDS = 4;

/** What a size class keeps of the low word of a page number: 4K, 2M (PDE), 1G (PDPTE), PML4E, PML5E. */
export const CLASS_MASK: readonly number[] = [~0, ~0x1ff, ~0x3ffff, ~0x7ffffff, 0];
const CLASSES = 5;

/** Mask of a class, by arithmetic: a look-up in an array would cost more. */
const maskOf = (cls: number): number => (cls === 4 ? 0 : -1 << (cls * 9));

/** Size class by the mask of a record. */
export const classOf = (mask: number): number => (mask === 0 ? 4 : (((31 - Math.clz32(mask & -mask)) * 57) >> 9) | 0);

export interface GroupGeometry {
  readonly entries: number;
  readonly ways: number;
}

export class TagArray {
  readonly cells: Int32Array;
  /** Where the owner's hints begin in `cells`. */
  readonly hintBase: number;
  readonly slots: number;
  private total = 0;
  /** Invalid ways filled since everything was invalid, and where they are listed; more than there are slots: not all are. */
  private filled = 0;
  private readonly filledBase: number;
  private readonly state: Int32Array;
  private readonly headBase: number;
  private readonly nextBase: number;
  /** Valid entries of each size class. */
  private readonly liveBase: number;
  /** By group: number of sets, position of the first set's word, words of a set times their stride. */
  private readonly groupBase: number;
  private readonly hashShift: number;

  /** `hints`: spare words in which an owner may keep guesses of where an entry stands. They are not state. */
  constructor(groups: readonly GroupGeometry[], hints = 0) {
    const waysOf = ({ entries, ways }: GroupGeometry): number => Math.max(1, Math.min(ways, entries));
    const setsOf = (group: GroupGeometry): number => (group.entries / waysOf(group)) | 0;
    const sum = (of: (group: GroupGeometry) => number): number => groups.reduce((total, group) => total + of(group), 0);
    const slots = 1 + sum((group) => setsOf(group) * waysOf(group));
    const words = sum((group) => setsOf(group) * Math.ceil(waysOf(group) / 32));
    // Whole numbers by `|`, not by Math: fields that were ever made as doubles stay slow.
    const hashBits = Math.max(4, 33 - Math.clz32(slots)) | 0;
    const firstWord = slots * STRIDE;
    this.slots = slots - 1;
    this.hashShift = 32 - hashBits;
    this.headBase = firstWord + words * WORD_STRIDE;
    this.nextBase = this.headBase + (1 << hashBits);
    this.liveBase = this.nextBase + slots;
    this.groupBase = this.liveBase + CLASSES;
    this.filledBase = this.groupBase + groups.length * 3;
    this.hintBase = this.filledBase + slots;
    this.cells = new Int32Array(this.hintBase + hints);
    this.state = this.cells.subarray(0, this.headBase);
    let slot = 1;
    let word = firstWord;
    groups.forEach((group, g) => {
      const ways = waysOf(group);
      const perSet = Math.ceil(ways / 32);
      this.cells.set([setsOf(group), word, perSet * WORD_STRIDE], this.groupBase + g * 3);
      for (let set = 0; set < setsOf(group); set++) {
        const first = word;
        for (let way = 0; way < ways; way++, slot++) {
          if (way % 32 === 0) {
            const left = ways - way;
            const full = left >= 32 ? -1 : (1 << left) - 1;
            this.cells.set([0, full, slot, first, perSet], word);
            word += WORD_STRIDE;
          }
          this.cells[slot * STRIDE + WORD] = word - WORD_STRIDE;
          this.cells[slot * STRIDE + BIT] = 1 << (way % 32);
        }
      }
    });
  }

  register(state: StateSet): void {
    state.addState(() => [this.state]);
  }

  /** Valid entries. */
  get size(): number {
    return this.total;
  }

  /** Slot of the entry of this class whose high tag is one of two (a global page has a tag of its own), or 0. `lo` is masked here. */
  find(cls: number, lo: number, hiA: number, hiB: number): number {
    const cells = this.cells;
    if (cells[this.liveBase + cls] === 0) return 0;
    const mask = maskOf(cls);
    const tag = lo & mask;
    let slot = cells[this.headBase + (Math.imul(tag, GOLDEN) >>> this.hashShift)]!;
    while (slot !== 0) {
      const at = slot << STRIDE_BITS;
      if (cells[at + LO] === tag && cells[at + MASK] === mask) {
        const hi = cells[at + HI]!;
        if (hi === hiA || hi === hiB) return slot;
      }
      slot = cells[this.nextBase + slot]!;
    }
    return 0;
  }

  /** Marks an entry as used. */
  touch(slot: number): void {
    const cells = this.cells;
    const at = slot << STRIDE_BITS;
    const word = cells[at + WORD]!;
    const bit = cells[at + BIT]!;
    if ((cells[word + MARKS]! & bit) === 0) this.mark(word, bit);
  }

  /** The slot for this tag in `group`: the entry that bears it already, or a new one. */
  insert(group: number, cls: number, lo: number, hi: number): number {
    const there = this.find(cls, lo, hi, hi);
    if (there === 0) return this.insertNew(group, cls, lo, hi);
    this.touch(there);
    return there;
  }

  /**
   * A free or replaced slot for a tag that is not in the array. Its tag words are written, the rest is the caller's to fill. 0 where the
   * group has no entries.
   */
  insertNew(group: number, cls: number, lo: number, hi: number): number {
    const cells = this.cells;
    const about = this.groupBase + group * 3;
    const sets = cells[about]!;
    if (sets === 0) return 0;
    const mask = maskOf(cls);
    const tag = lo & mask;
    const page = cls === 4 ? 0 : tag >>> (cls * 9);
    const set = (sets & (sets - 1)) === 0 ? page & (sets - 1) : page % sets;
    let word = (cells[about + 1]! + Math.imul(set, cells[about + 2]!)) | 0;
    if (cells[word + SET_WORDS] !== 1) word = this.victimWord(word);
    const full = cells[word + FULL]!;
    const marks = cells[word + MARKS]!;
    const cold = ~marks & full;
    const bit = cold === 0 ? 1 : cold & -cold;
    const slot = (cells[word + FIRST_SLOT]! + 31 - Math.clz32(bit)) | 0;
    const at = slot << STRIDE_BITS;
    if (cells[at + HI] !== 0) this.unlink(slot);
    else {
      this.total++;
      if (this.filled < this.slots) cells[this.filledBase + this.filled] = slot;
      this.filled++;
    }
    cells[at + LO] = tag;
    cells[at + HI] = hi;
    cells[at + MASK] = mask;
    cells[this.liveBase + cls]!++;
    const bucket = (this.headBase + (Math.imul(tag, GOLDEN) >>> this.hashShift)) | 0;
    cells[this.nextBase + slot] = cells[bucket]!;
    cells[bucket] = slot;
    this.mark(word, bit);
    return slot;
  }

  /** Invalidates one slot; nothing happens where it is invalid already. */
  drop(slot: number): void {
    const cells = this.cells;
    const at = slot << STRIDE_BITS;
    if (slot === 0 || cells[at + HI] === 0) return;
    this.unlink(slot);
    this.total--;
    const word = cells[at + WORD]!;
    cells[word + MARKS]! &= ~cells[at + BIT]!;
    for (let w = 0; w < WORD; w++) cells[at + w] = 0;
  }

  /** Invalidates every entry whose high tag word passes a test. */
  dropWhere(test: (hi: number, slot: number) => boolean): void {
    if (this.total === 0) return;
    for (let slot = 1; slot <= this.slots; slot++) {
      const hi = this.cells[slot * STRIDE + HI]!;
      if (hi !== 0 && test(hi, slot)) this.drop(slot);
    }
  }

  /** Invalidates everything. */
  clear(): void {
    if (this.total === 0) return;
    const { cells } = this;
    if (this.filled <= this.slots) {
      // Few entries came since the last time: only they, their sets and their chains are touched.
      for (let n = 0; n < this.filled; n++) {
        const at = cells[this.filledBase + n]! << STRIDE_BITS;
        cells[this.headBase + (Math.imul(cells[at + LO]!, GOLDEN) >>> this.hashShift)] = 0;
        const word = cells[at + WORD]!;
        for (let w = cells[word + SET_WORD]!, left = cells[word + SET_WORDS]!; left > 0; left--, w += WORD_STRIDE) {
          cells[w + MARKS] = 0;
        }
        for (let w = 0; w < WORD; w++) cells[at + w] = 0;
      }
      cells.fill(0, this.liveBase, this.liveBase + CLASSES);
      this.filled = 0;
      this.total = 0;
      return;
    }
    const firstWord = (this.slots + 1) * STRIDE;
    for (let at = STRIDE; at < firstWord; at += STRIDE) {
      if (cells[at + HI] !== 0) cells.fill(0, at, at + WORD);
    }
    for (let word = firstWord; word < this.headBase; word += WORD_STRIDE) {
      cells[word + MARKS] = 0;
    }
    cells.fill(0, this.headBase, this.nextBase);
    cells.fill(0, this.liveBase, this.liveBase + CLASSES);
    this.filled = 0;
    this.total = 0;
  }

  private mark(word: number, bit: number): void {
    const cells = this.cells;
    const marks = cells[word + MARKS]! | bit;
    const full = marks === cells[word + FULL];
    if (full && cells[word + SET_WORDS] !== 1) this.markWide(word, bit);
    else cells[word + MARKS] = full ? bit : marks;
  }

  /** A set of several words: it starts over when the last of them is full. */
  private markWide(word: number, bit: number): void {
    const { cells } = this;
    const first = cells[word + SET_WORD]!;
    const end = first + cells[word + SET_WORDS]! * WORD_STRIDE;
    cells[word + MARKS]! |= bit;
    for (let w = first; w < end; w += WORD_STRIDE) if (cells[w + MARKS] !== cells[w + FULL]) return;
    for (let w = first; w < end; w += WORD_STRIDE) cells[w + MARKS] = 0;
    cells[word + MARKS] = bit;
  }

  /** The word of a set that holds its victim: the first with an unmarked way. */
  private victimWord(first: number): number {
    const { cells } = this;
    const end = first + cells[first + SET_WORDS]! * WORD_STRIDE;
    for (let w = first; w < end; w += WORD_STRIDE) if (cells[w + MARKS] !== cells[w + FULL]) return w;
    return first;
  }

  private unlink(slot: number): void {
    const cells = this.cells;
    const at = slot << STRIDE_BITS;
    cells[this.liveBase + classOf(cells[at + MASK]!)]!--;
    const after = cells[this.nextBase + slot]!;
    let link = (this.headBase + (Math.imul(cells[at + LO]!, GOLDEN) >>> this.hashShift)) | 0;
    while (cells[link] !== slot) link = (this.nextBase + cells[link]!) | 0;
    cells[link] = after;
  }
}
