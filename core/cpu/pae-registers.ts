import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import { PAE_PDPTE_RESERVED, PTE, reservedAddressHi } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { CpuConfig } from './config.ts';
import { READ_ENTRY } from './entry-walker.ts';
import type { GuestMode } from './guest-mode.ts';
import { PLACE, type LineCache } from './line-cache.ts';
import { NESTED_OK, type NestedWalker } from './nested.ts';
import { isBacked } from './operand.ts';
import { type TableWalker, WALK_EXIT, WALK_FAULT, WALK_OK } from './table-walker.ts';
import type { Tally } from './tally.ts';

const COUNT = 4;
const VALID = 8;
const CR3_LO = 9;

/**
 * The four page-directory-pointer entries of PAE paging. Intel loads them into registers with CR3 and never looks at memory again (SDM
 * vol. 3A, 4.4.1); with nested paging AMD reads them at every walk (APM vol. 2, 15.25.10). Without nesting both load them with CR3 and,
 * in a guest, at each VM entry (SDM vol. 3C, 27.3.2.4 "Loading Page-Directory-Pointer-Table Entries"), which is when a shadow table
 * of three levels is looked at. Such loads are part of the entry's price. The model makes them at the first walk after the entry.
 */
export class PaeRegisters {
  /** Four entries of two words, low first; valid; the CR3 (without nesting: the frame) they were loaded from. State. */
  readonly at = new Int32Array(10);
  /** Guest frame of the page directory, after `directory`. */
  gfnHi = 0;
  gfnLo = 0;
  private readonly kept: boolean;
  private readonly native: boolean;
  private readonly counted: boolean;
  private readonly reservedHi: number;
  private readonly memory: HostMemory;
  private readonly lines: LineCache;
  private readonly tally: Tally;
  private readonly nested: NestedWalker | null;

  constructor(config: CpuConfig, memory: HostMemory, lines: LineCache, tally: Tally, nested: NestedWalker | null) {
    this.kept = config.nested !== 'npt';
    this.native = config.nested === 'none';
    this.counted = config.nested === 'npt';
    this.reservedHi = reservedAddressHi(config.maxphyaddr) | ~0xfffff;
    this.memory = memory;
    this.lines = lines;
    this.tally = tally;
    this.nested = nested;
  }

  /** Forgets the registers: CR3 was written, or the guest was entered. */
  forget(): void {
    this.at[VALID] = 0;
  }

  /** Finds the page directory of a page number: WALK_OK, WALK_FAULT or WALK_EXIT, the last two with their fields set in `walker`. */
  directory(vpn: number, mode: GuestMode, nativeRoot: number, walker: TableWalker): number {
    const index = (vpn >>> 18) & 3;
    if (this.kept) {
      const loaded = this.load(mode, nativeRoot, walker);
      if (loaded === WALK_EXIT) return loaded;
    } else {
      const read = this.read(index, mode, nativeRoot, walker);
      if (read !== WALK_OK) return read;
    }
    const lo = this.at[index * 2]!;
    const hi = this.at[index * 2 + 1]!;
    if ((lo & PTE.P) === 0 || this.isReserved(hi, lo)) {
      walker.faultBits = (lo & PTE.P) === 0 ? 0 : PFERR.P | PFERR.RSVD;
      return WALK_FAULT;
    }
    this.gfnLo = (lo >>> 12) | (hi << 20);
    this.gfnHi = (hi >>> 12) & 0xff;
    return WALK_OK;
  }

  /** Loads all four registers unless they are CR3's already. WALK_FAULT: a present entry has reserved bits (#GP at MOV to CR3). */
  load(mode: GuestMode, nativeRoot: number, walker: TableWalker): number {
    const from = this.native ? nativeRoot : mode.cr3Lo;
    if (!this.kept || (this.at[VALID] !== 0 && this.at[CR3_LO] === from)) return WALK_OK;
    let outcome = WALK_OK;
    for (let index = 0; index < COUNT; index++) {
      const read = this.read(index, mode, nativeRoot, walker);
      if (read !== WALK_OK) return read;
      if ((this.at[index * 2]! & PTE.P) !== 0 && this.isReserved(this.at[index * 2 + 1]!, this.at[index * 2]!)) {
        outcome = WALK_FAULT;
      }
    }
    this.at[VALID] = 1;
    this.at[CR3_LO] = from;
    return outcome;
  }

  private isReserved(hi: number, lo: number): boolean {
    return (lo & PAE_PDPTE_RESERVED) !== 0 || (hi & this.reservedHi) !== 0;
  }

  private read(index: number, mode: GuestMode, nativeRoot: number, walker: TableWalker): number {
    const { nested, memory } = this;
    // CR3 bits 31:5 are the address of the four entries.
    const entry = ((mode.cr3Lo & 0xfe0) >> 3) + index;
    let table = nativeRoot;
    let at = index;
    if (nested !== null) {
      const problem = nested.translate(mode.rootHi, mode.rootLo, READ_ENTRY);
      if (problem !== NESTED_OK) {
        walker.problem = problem;
        walker.problemNeed = READ_ENTRY;
        walker.problemHi = mode.rootHi;
        walker.problemLo = mode.rootLo;
        walker.problemOffset = entry * 8;
        return WALK_EXIT;
      }
      table = nested.hfn;
      at = entry;
    }
    const backed = isBacked(memory, table);
    this.at[index * 2] = backed ? memory.entryLo(table, at) : 0;
    this.at[index * 2 + 1] = backed ? memory.entryHi(table, at) : 0;
    if (this.counted) {
      const { words, chunkOf } = memory;
      this.lines.cover(words.length);
      const place = this.lines.walkLoad(
        table,
        at,
        (chunkOf[table * PARTS_PER_FRAME + (at >> 5)] ?? 0) * 4 + ((at >> 3) & 3),
      );
      this.tally.guestLoads++;
      if (place !== PLACE.L1) this.tally.countGuest(place);
    }
    return WALK_OK;
  }
}
