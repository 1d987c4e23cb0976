/**
 * One number for each guest page frame number, 0 when none was set: a directory of 512-entry blocks as flat columns. Frames below
 * 128 GiB are found by index, those above through a map.
 */
const LOW_BLOCKS = 1 << 16;
const BLOCK = 512;

export class GfnIndex {
  /** Block number to block; block 0 is the empty one. */
  readonly low = new Int32Array(LOW_BLOCKS);
  entries = new Int32Array(BLOCK * 64);
  private readonly high = new Map<number, number>();
  private blocks = 1;

  /** Entry of the page that holds a guest-physical address. */
  at(hi: number, lo: number): number {
    if (hi >>> 5 === 0) {
      const gfn = (hi << 20) | (lo >>> 12);
      return this.entries[this.low[gfn >>> 9]! * BLOCK + (gfn & 511)]!;
    }
    return this.get((hi >>> 0) * 0x100000 + (lo >>> 12));
  }

  get(gfn: number): number {
    return this.entries[this.blockOf(Math.floor(gfn / BLOCK)) * BLOCK + (gfn % BLOCK)]!;
  }

  set(gfn: number, value: number): void {
    const number = Math.floor(gfn / BLOCK);
    let block = this.blockOf(number);
    if (block === 0) {
      block = this.blocks++;
      if (this.blocks * BLOCK > this.entries.length) {
        const grown = new Int32Array(this.entries.length * 2);
        grown.set(this.entries);
        this.entries = grown;
      }
      if (number < LOW_BLOCKS) this.low[number] = block;
      else this.high.set(number, block);
    }
    this.entries[block * BLOCK + (gfn % BLOCK)] = value;
  }

  /** Forgets the entries of `pages` frames from `gfn` on. */
  clear(gfn: number, pages: number): void {
    const end = gfn + pages;
    const clearBlock = (number: number, block: number) => {
      const from = Math.max(gfn - number * BLOCK, 0);
      const to = Math.min(end - number * BLOCK, BLOCK);
      if (block !== 0 && from < to) this.entries.fill(0, block * BLOCK + from, block * BLOCK + to);
    };
    const last = Math.min(Math.ceil(end / BLOCK), LOW_BLOCKS);
    for (let number = Math.floor(gfn / BLOCK); number < last; number++) clearBlock(number, this.low[number]!);
    this.high.forEach((block, number) => clearBlock(number, block));
  }

  clearAll(): void {
    this.entries.fill(0);
  }

  private blockOf(number: number): number {
    return number < LOW_BLOCKS ? this.low[number]! : (this.high.get(number) ?? 0);
  }
}
