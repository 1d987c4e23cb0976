/**
 * The reference's own bytes: pages of 4 KiB named by their host virtual page number, because contents belong to the host mapping
 * and not to a slot. A page is 16 parts of 256 bytes, each stored once something other than zero was written to it. Frame 0 stands for
 * every page that was never written.
 */
const PARTS = 16;
const PART_WORDS = 64;

export class PageStore {
  words = new Int32Array(PART_WORDS * 256);
  partOf = new Int32Array(PARTS * 256);
  /** 1 for a frame that a guest page walk has read an entry from. */
  isTable = new Uint8Array(256);
  /** Set to 1 by every store that changes a word; the detector of fixed points clears and reads it. */
  readonly changed = new Uint8Array(1);
  private readonly frames = new Map<number, number>();
  private frameCount = 1;
  private partCount = 1;

  /** Frame of a host virtual page, 0 when nothing was ever written to it. */
  find(hvaPage: number): number {
    return this.frames.get(hvaPage) ?? 0;
  }

  /** Frame of a host virtual page, made when it does not exist yet. */
  make(hvaPage: number): number {
    const known = this.frames.get(hvaPage);
    if (known !== undefined) return known;
    const frame = this.frameCount++;
    if (this.frameCount * PARTS > this.partOf.length) {
      this.partOf = grow(this.partOf);
      const flags = new Uint8Array(this.isTable.length * 2);
      flags.set(this.isTable);
      this.isTable = flags;
    }
    this.frames.set(hvaPage, frame);
    return frame;
  }

  /** Calls `visit` for every page that was ever written. */
  forEach(visit: (hvaPage: number, frame: number) => void): void {
    this.frames.forEach((frame, hvaPage) => visit(hvaPage, frame));
  }

  /** Word `w` (0..1023) of a frame. */
  word(frame: number, w: number): number {
    return this.words[this.partOf[frame * PARTS + (w >> 6)]! * PART_WORDS + (w & 63)]!;
  }

  setWord(frame: number, w: number, value: number): void {
    const slot = frame * PARTS + (w >> 6);
    let part = this.partOf[slot]!;
    if (part === 0) {
      if (value === 0) return;
      part = this.partCount++;
      if (this.partCount * PART_WORDS > this.words.length) this.words = grow(this.words);
      this.partOf[slot] = part;
    }
    const at = part * PART_WORDS + (w & 63);
    if (this.words[at] === (value | 0)) return;
    this.words[at] = value;
    this.changed[0] = 1;
  }

  /** Copies `count` bytes, all of one page, to bytes `at`.. of little-endian words. Bytes of `out` beyond them are kept. */
  read(frame: number, offset: number, count: number, out: Int32Array, at: number): void {
    if (((offset | at | count) & 3) === 0) {
      for (let i = 0; i < count; i += 4) out[(at + i) >> 2] = this.word(frame, (offset + i) >> 2);
      return;
    }
    for (let i = 0; i < count; i++) {
      const byte = this.word(frame, (offset + i) >> 2) >>> (((offset + i) & 3) * 8);
      putByte(out, at + i, byte);
    }
  }

  /** Stores `count` bytes, all of one page, from byte `at` of little-endian words. */
  write(frame: number, offset: number, count: number, from: Int32Array, at: number): void {
    if (((offset | at | count) & 3) === 0) {
      for (let i = 0; i < count; i += 4) this.setWord(frame, (offset + i) >> 2, from[(at + i) >> 2]!);
      return;
    }
    for (let i = 0; i < count; i++) {
      const w = (offset + i) >> 2;
      const shift = ((offset + i) & 3) * 8;
      const byte = (from[(at + i) >> 2]! >>> (((at + i) & 3) * 8)) & 0xff;
      this.setWord(frame, w, (this.word(frame, w) & ~(0xff << shift)) | (byte << shift));
    }
  }
}

/** Byte `i` of little-endian words. */
export const byteOf = (words: Int32Array, i: number): number => (words[i >> 2]! >>> ((i & 3) * 8)) & 0xff;

/** Sets byte `i` of little-endian words to the low 8 bits of `value`. */
export function putByte(words: Int32Array, i: number, value: number): void {
  const shift = (i & 3) * 8;
  words[i >> 2] = (words[i >> 2]! & ~(0xff << shift)) | ((value & 0xff) << shift);
}

/** True when the first `size` bytes agree. */
export function sameBytes(a: Int32Array, b: Int32Array, size: number): boolean {
  if (size === 4) return a[0] === b[0];
  if (size === 8) return a[0] === b[0] && a[1] === b[1];
  for (let i = 0; i < size; i++) if (byteOf(a, i) !== byteOf(b, i)) return false;
  return true;
}

function grow(column: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(column.length * 2);
  grown.set(column);
  return grown;
}
