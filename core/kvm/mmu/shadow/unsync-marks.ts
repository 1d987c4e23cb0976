import { ENTRIES, indexOfSpte, pageOfSpte, type ShadowPages } from '../shadow-pages.ts';

const WORDS = ENTRIES / 32;
/** `flags` of a page: its guest table may be written without exits (sp->unsync). */
const UNSYNC = 1;

/** Which shadow pages are unsync, and which entries of upper pages lead to one: sp->unsync, sp->unsync_children, sp->unsync_child_bitmap. */
export class UnsyncMarks {
  private readonly pages: ShadowPages;
  private children = new Int32Array(16);
  private bits = new Int32Array(16 * WORDS);

  constructor(pages: ShadowPages) {
    this.pages = pages;
  }

  /** A new page has no marks. */
  reset(page: number): void {
    if (page >= this.children.length) this.grow(page);
    this.children[page] = 0;
    this.bits.fill(0, page * WORDS, (page + 1) * WORDS);
  }

  isUnsync(page: number): boolean {
    return (this.pages.flags[page]! & UNSYNC) !== 0;
  }

  setUnsync(page: number, on: boolean): void {
    this.pages.flags[page] = on ? UNSYNC : 0;
    this.pages.changed();
  }

  /** Entries of the page that may lead to unsync pages. */
  childrenOf(page: number): number {
    return this.children[page]!;
  }

  /** kvm_mmu_mark_parents_unsync. */
  markParents(page: number): void {
    const { pages } = this;
    const { chains } = pages;
    for (let node = pages.parents[page]!; node !== 0; node = chains.next(node)) this.mark(chains.value(node));
  }

  /** mark_unsync: this entry leads to an unsync page. */
  mark(spte: number): void {
    const page = pageOfSpte(spte);
    const index = indexOfSpte(spte);
    const at = page * WORDS + (index >> 5);
    const bit = 1 << (index & 31);
    if ((this.bits[at]! & bit) !== 0) return;
    this.bits[at]! |= bit;
    this.pages.changed();
    if (this.children[page]!++ === 0) this.markParents(page);
  }

  has(page: number, index: number): boolean {
    return (this.bits[page * WORDS + (index >> 5)]! & (1 << (index & 31))) !== 0;
  }

  /** clear_unsync_child_bit. */
  unmark(page: number, index: number): void {
    if (!this.has(page, index)) return;
    this.bits[page * WORDS + (index >> 5)]! &= ~(1 << (index & 31));
    this.children[page]!--;
    this.pages.changed();
  }

  private grow(page: number): void {
    const size = Math.max(page + 1, this.children.length * 2);
    const children = new Int32Array(size);
    const bits = new Int32Array(size * WORDS);
    children.set(this.children);
    bits.set(this.bits);
    this.children = children;
    this.bits = bits;
  }
}
