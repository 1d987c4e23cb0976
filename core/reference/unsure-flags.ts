import type { Instruction } from '../guest/instruction.ts';
import type { Expectation } from './expectation.ts';
import { BACKING, type MemoryMap } from './memory-map.ts';
import type { MachineMemory } from './observation.ts';
import { ENTRY } from './paging-bits.ts';

const FLAGS = ENTRY.A | ENTRY.D;
const LOW_BYTE = 0xff;

/**
 * Accessed and dirty bits that a guest has cleared in entries it goes on using. As long as it does not invalidate, a processor may use what
 * it has cached and set the bit again or not (SDM vol. 3, "Accessed and Dirty Flags"); Linux does so on purpose when it ages pages. Of
 * such an entry these bits are taken from the machine, until the guest makes it another entry.
 */
export class UnsureFlags {
  /** Word numbers by frame of the page store. */
  private readonly words = new Map<number, Set<number>>();
  private readonly found = new Int32Array(4);

  /** The guest stores to the low byte of an entry: word `word` of a frame held `old`, and holds `fresh` from now on. */
  stored(frame: number, word: number, old: number, fresh: number): void {
    if ((old & fresh & ENTRY.P) === 0) this.words.get(frame)?.delete(word);
    else if ((old & ~fresh & FLAGS) !== 0) {
      const words = this.words.get(frame) ?? new Set<number>();
      this.words.set(frame, words.add(word));
    }
  }

  /** The page becomes another one altogether. */
  recycled(frame: number): void {
    this.words.delete(frame);
  }

  /** Takes over what the machine has of an unsure entry, where the access touched one and nothing else differs. */
  settle(insn: Instruction, exp: Expectation, memory: MemoryMap, machine: MachineMemory): void {
    if (this.words.size === 0 || exp.vector >= 0) return;
    const page = memory.lookup(exp.gpaHi, exp.gpaLo);
    const frame = page >>> 2;
    const word = (exp.gpaLo & 0xfff) >>> 2;
    if ((page & 3) !== BACKING.RAM || (exp.gpaLo & 3) !== 0 || this.words.get(frame)?.has(word) !== true) return;
    if (exp.hasResult === 1 && insn.resultWritten === 1)
      exp.result[0] = (exp.result[0]! & ~FLAGS) | (insn.result[0]! & FLAGS);
    const mine = memory.store.word(frame, word);
    if (!machine.readGuest(exp.gpaHi, exp.gpaLo, 4, this.found)) return;
    const theirs = this.found[0]!;
    if (mine !== theirs && ((mine ^ theirs) & ~FLAGS) === 0) memory.store.setWord(frame, word, theirs);
  }
}

/** Low word of an entry after a store of `size` bytes to its start. */
export const afterStore = (old: number, value: number, size: number): number =>
  size >= 4 ? value : (old & ~LOW_BYTE) | (value & LOW_BYTE);
