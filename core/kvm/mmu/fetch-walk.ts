import { wordsToPage } from '../../base/words.ts';
import { type GuestRegisters, REG } from '../../guest/registers.ts';
import { PTE } from '../../spec/paging.ts';
import type { GuestRam } from './guest-ram.ts';
import { guestIndexOf, guestLevels, largeAllowed } from './guest-walk.ts';

const { P: PRESENT, PS: LARGE } = PTE;
const LEVELS = 5;

/**
 * The emulator's walk of the guest's tables for the instruction pointer, as far as it costs: how many levels it reads. The guest has just
 * fetched there, so nothing can fault and no accessed bit is missing. The last answer is kept while everything it was read from is the same.
 */
export class FetchWalk {
  private readonly regs: GuestRegisters;
  private readonly ram: GuestRam;
  private levels = 0;
  /** Linear address, CR3, CR4, levels of the mode, and the two numbers by which guest RAM changes its place. */
  private readonly key = new Int32Array(8);
  private readonly frames = new Int32Array(LEVELS);
  private readonly words = new Int32Array(LEVELS);
  private readonly low = new Int32Array(LEVELS);
  private readonly high = new Int32Array(LEVELS);
  private read = 0;

  constructor(regs: GuestRegisters, ram: GuestRam) {
    this.regs = regs;
    this.ram = ram;
  }

  /** Levels read on the way to a linear address; all of them where nothing is mapped. */
  depth(hi: number, lo: number): number {
    const top = guestLevels(this.regs);
    if (top === 0) return 0;
    if (!this.sameKey(hi, lo, top) || !this.sameEntries()) this.walk(hi, lo, top);
    return this.levels;
  }

  /** Compares and replaces the key. */
  private sameKey(hi: number, lo: number, top: number): boolean {
    const { key, ram } = this;
    const { at } = this.regs;
    const same =
      key[0] === (hi | 0) &&
      key[1] === (lo | 0) &&
      key[2] === at[REG.CR3_HI] &&
      key[3] === at[REG.CR3_LO] &&
      key[4] === at[REG.CR4] &&
      key[5] === top &&
      key[6] === ram.generation &&
      key[7] === ram.mappings;
    if (same) return true;
    key[0] = hi;
    key[1] = lo;
    key[2] = at[REG.CR3_HI]!;
    key[3] = at[REG.CR3_LO]!;
    key[4] = at[REG.CR4]!;
    key[5] = top;
    key[6] = ram.generation;
    key[7] = ram.mappings;
    return false;
  }

  private sameEntries(): boolean {
    const { frames, high, low, ram, words } = this;
    for (let n = 0; n < this.read; n++) {
      const frame = frames[n]!;
      const word = words[n]!;
      if (ram.word(frame, word) !== low[n] || ram.word(frame, word | 1) !== high[n]) return false;
    }
    return true;
  }

  private walk(hi: number, lo: number, top: number): void {
    const { ram } = this;
    const { at } = this.regs;
    const bytes = top === 2 ? 4 : 8;
    let tableLo = at[REG.CR3_LO]! & (top === 3 ? ~0x1f : ~0xfff);
    let tableHi = top > 3 ? at[REG.CR3_HI]! & 0xfffff : 0;
    this.levels = top;
    this.read = 0;
    for (let level = top; level > 1; level--) {
      const entryLo = tableLo | (guestIndexOf(top, level, hi, lo) * bytes);
      const frame = ram.frame(wordsToPage(tableHi, entryLo), false);
      if (frame < 0) return;
      const word = (entryLo & 0xfff) >>> 2;
      const low = ram.word(frame, word);
      const high = ram.word(frame, word | 1);
      const n = this.read++;
      this.frames[n] = frame;
      this.words[n] = word;
      this.low[n] = low;
      this.high[n] = high;
      if ((low & PRESENT) === 0) return;
      if ((low & LARGE) !== 0 && largeAllowed(this.regs, top, level)) {
        this.levels = top - level + 1;
        return;
      }
      tableLo = low & ~0xfff;
      tableHi = bytes === 8 ? high & 0xfffff : 0;
    }
  }
}
