import { assert } from '../base/assert.ts';

/**
 * Host-physical memory: everything that a load or a store of the modelled machine can touch, guest data and paging structures alike.
 * A frame is 4 KiB, named by its number (hfn); a frame consists of 16 parts of 256 bytes, each backed by a chunk only once it was
 * written. Chunk 0 is all zeros and never written, so untouched memory costs 64 bytes a frame.
 *
 * Layout for hot code that reads columns directly: the two words of 8-byte entry `i` (0..511) of frame `f` stand at
 * `words[chunkOf[f * 16 + (i >> 5)] * 64 + (i & 31) * 2]` (low) and one above (high). Both arrays are replaced when they grow: fetch
 * them from the object for every walk.
 */
export const PARTS_PER_FRAME = 16;
const WORDS_PER_CHUNK = 64;

export class HostMemory {
  words = new Int32Array(WORDS_PER_CHUNK * 256);
  chunkOf = new Int32Array(PARTS_PER_FRAME * 256);
  /** Set to 1 by every store that changes a word; a fixed-point detector clears and reads it. */
  readonly changed = new Uint8Array(1);
  private framesUsed = 1;
  private chunksUsed = 1;
  private readonly freeFrames: number[] = [];

  /** Number of frames handed out so far, frame 0 (never handed out) included. */
  get frames(): number {
    return this.framesUsed;
  }

  /** A zeroed frame; returns its hfn. */
  allocFrame(): number {
    const free = this.freeFrames.pop();
    return free ?? this.allocFrames(1, 1);
  }

  /** `count` frames in a row, the first one a multiple of `align`; returns the first hfn. Used for 2 MiB and 1 GiB host pages. */
  allocFrames(count: number, align: number): number {
    const first = Math.ceil(this.framesUsed / align) * align;
    const end = first + count;
    assert(end < 0x1_000000 * 8, 'host memory exhausted: more than 512 GiB of frames');
    if (end * PARTS_PER_FRAME > this.chunkOf.length) {
      const grown = new Int32Array(Math.max(end * PARTS_PER_FRAME, Math.ceil(this.chunkOf.length * 1.5)));
      grown.set(this.chunkOf);
      this.chunkOf = grown;
    }
    this.framesUsed = end;
    return first;
  }

  /** Gives a frame back, zeroed. Its chunks stay with it. */
  freeFrame(hfn: number): void {
    this.zeroFrame(hfn);
    this.freeFrames.push(hfn);
  }

  zeroFrame(hfn: number): void {
    for (let part = 0; part < PARTS_PER_FRAME; part++) {
      const chunk = this.chunkOf[hfn * PARTS_PER_FRAME + part]!;
      if (chunk !== 0) this.words.fill(0, chunk * WORDS_PER_CHUNK, (chunk + 1) * WORDS_PER_CHUNK);
    }
    this.changed[0] = 1;
  }

  /** Word `w` (0..1023) of a frame. */
  word(hfn: number, w: number): number {
    return this.words[this.chunkOf[hfn * PARTS_PER_FRAME + (w >> 6)]! * WORDS_PER_CHUNK + (w & 63)]!;
  }

  setWord(hfn: number, w: number, value: number): void {
    const slot = hfn * PARTS_PER_FRAME + (w >> 6);
    let chunk = this.chunkOf[slot]!;
    if (chunk === 0) {
      if (value === 0) return;
      chunk = this.allocChunk();
      this.chunkOf[slot] = chunk;
    }
    const at = chunk * WORDS_PER_CHUNK + (w & 63);
    if (this.words[at] !== (value | 0)) {
      this.words[at] = value;
      this.changed[0] = 1;
    }
  }

  /** Low word of 8-byte entry `index` (0..511). */
  entryLo(hfn: number, index: number): number {
    return this.word(hfn, index * 2);
  }

  /** High word of 8-byte entry `index` (0..511). */
  entryHi(hfn: number, index: number): number {
    return this.word(hfn, index * 2 + 1);
  }

  setEntry(hfn: number, index: number, hi: number, lo: number): void {
    this.setWord(hfn, index * 2, lo);
    this.setWord(hfn, index * 2 + 1, hi);
  }

  /** One byte at `offset` (0..4095). */
  byte(hfn: number, offset: number): number {
    return (this.word(hfn, offset >> 2) >>> ((offset & 3) * 8)) & 0xff;
  }

  setByte(hfn: number, offset: number, value: number): void {
    const shift = (offset & 3) * 8;
    const old = this.word(hfn, offset >> 2);
    this.setWord(hfn, offset >> 2, (old & ~(0xff << shift)) | ((value & 0xff) << shift));
  }

  /** Copies `bytes` (at most to the end of the frame) into `out` as little-endian words, from byte `at` of out. */
  readBytes(hfn: number, offset: number, bytes: number, out: Int32Array, at: number): void {
    for (let i = 0; i < bytes; i++) putByte(out, at + i, this.byte(hfn, offset + i));
  }

  writeBytes(hfn: number, offset: number, bytes: number, from: Int32Array, at: number): void {
    for (let i = 0; i < bytes; i++) this.setByte(hfn, offset + i, getByte(from, at + i));
  }

  private allocChunk(): number {
    const chunk = this.chunksUsed++;
    if ((chunk + 1) * WORDS_PER_CHUNK > this.words.length) {
      const grown = new Int32Array(Math.ceil((this.words.length * 1.5) / WORDS_PER_CHUNK) * WORDS_PER_CHUNK);
      grown.set(this.words);
      this.words = grown;
    }
    return chunk;
  }
}

/** Byte `i` of little-endian words. */
export const getByte = (words: Int32Array, i: number): number => (words[i >> 2]! >>> ((i & 3) * 8)) & 0xff;

export function putByte(words: Int32Array, i: number, value: number): void {
  const shift = (i & 3) * 8;
  words[i >> 2] = (words[i >> 2]! & ~(0xff << shift)) | ((value & 0xff) << shift);
}
