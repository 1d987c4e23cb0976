import { bigHi, bigLo, wordsToBig } from '../../core/base/words.ts';
import type { HostMemory } from '../../core/memory/host-memory.ts';

/**
 * Builds paging structures in host memory for tests: guest tables, EPT and NPT alike are radix trees of 512 eight-byte entries, or of 1024
 * four-byte ones. Addresses are BigInt, frames numbers: nothing here is fast, all of it is plain.
 */
interface EntryPlace {
  /** Host frame of the table, and index in it. */
  readonly hfn: number;
  readonly index: number;
  /** Frame of the table in the tree's own address space. */
  readonly frame: number;
}

interface TreeSpec {
  readonly levels: number;
  /** 8, or 4 for the two-level tables of 32-bit paging. */
  readonly entryBytes?: 4 | 8;
  /** Bits of an entry that leads to another table. */
  readonly upper: bigint;
  /** A frame for a new table, in the address space that entries speak of. */
  readonly allocTable: () => number;
  /** Bits of an entry of the top level, where they differ (PAE). */
  readonly top?: bigint;
  /** Host frame that holds a table. */
  readonly hostOf: (frame: number) => number;
}

export class TableTree {
  readonly root: number;
  private readonly memory: HostMemory;
  private readonly spec: TreeSpec;
  private readonly indexBits: number;

  constructor(memory: HostMemory, spec: TreeSpec) {
    this.memory = memory;
    this.spec = spec;
    this.indexBits = spec.entryBytes === 4 ? 10 : 9;
    this.root = spec.allocTable();
  }

  /** Where the entry of `level` for an address stands; tables above it are made as needed. */
  place(address: bigint, level: number): EntryPlace {
    const { levels, upper, top, hostOf, allocTable } = this.spec;
    let frame = this.root;
    for (let at = levels; ; at--) {
      const index = Number((address >> BigInt(12 + (at - 1) * this.indexBits)) & ((1n << BigInt(this.indexBits)) - 1n));
      const here = { hfn: hostOf(frame), index, frame };
      if (at === level) return here;
      const entry = this.read(here);
      if ((entry & ADDRESS) === 0n) {
        const next = allocTable();
        this.write(here, (BigInt(next) << 12n) | (at === levels && top !== undefined ? top : upper));
        frame = next;
      } else frame = Number((entry & ADDRESS) >> 12n);
    }
  }

  read({ hfn, index }: EntryPlace): bigint {
    if (this.indexBits === 10) return BigInt(this.memory.word(hfn, index) >>> 0);
    return wordsToBig(this.memory.entryHi(hfn, index), this.memory.entryLo(hfn, index));
  }

  write({ hfn, index }: EntryPlace, entry: bigint): void {
    if (this.indexBits === 10) this.memory.setWord(hfn, index, bigLo(entry) | 0);
    else this.memory.setEntry(hfn, index, bigHi(entry), bigLo(entry));
  }

  /** Writes the leaf of `level` (1: 4K, 2: 2M, 3: 1G) for an address: frame and bits, PS included where the level needs it. */
  map(address: bigint, frame: number, bits: bigint, level = 1): EntryPlace {
    const place = this.place(address, level);
    this.write(place, (BigInt(frame) << 12n) | bits | (level > 1 ? 0x80n : 0n));
    return place;
  }

  entry(address: bigint, level: number): bigint {
    return this.read(this.place(address, level));
  }

  setEntry(address: bigint, level: number, entry: bigint): void {
    this.write(this.place(address, level), entry);
  }
}

const ADDRESS = 0xf_ffff_ffff_f000n;

/** x86 entries: present, writable, user, accessed. */
export const P = 1n;
export const W = 2n;
export const U = 4n;
export const A = 0x20n;
export const D = 0x40n;
export const G = 0x100n;
export const NX = 1n << 63n;
/** EPT entries: RWX, write-back, accessed and dirty. */
export const EPT_RWX = 7n;
export const EPT_WB = 6n << 3n;
export const EPT_A = 0x100n;
export const EPT_D = 0x200n;
