import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { PARTS_PER_FRAME, type HostMemory } from '../memory/host-memory.ts';
import { PSE_RESERVED, PTE } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { CpuConfig } from './config.ts';
import { EntryWalker, READ_ENTRY, UPDATE_ENTRY } from './entry-walker.ts';
import type { GuestMode } from './guest-mode.ts';
import { PLACE, WARM, type LineCache } from './line-cache.ts';
import { NESTED_OK, type NestedWalker } from './nested.ts';
import { isBacked } from './operand.ts';
import { KIND, RIGHT } from './rights.ts';
import { WALK_OK } from './table-walker.ts';
import type { Tally } from './tally.ts';
import { GUEST_PAGE_4M } from './tlb.ts';

const UPPER = RIGHT.U | RIGHT.W | RIGHT.X;

/**
 * The walker of two-level tables with 4-byte entries (SDM vol. 3A, "32-Bit Paging"), 4 MiB pages and PSE-36 included. It uses no
 * paging-structure caches: a processor need not have any. A 4 MiB page is cached as 2 MiB fragments.
 */
export class LegacyWalker extends EntryWalker {
  private leaf = 1;
  /** By level: host frame of the table, guest frame, index, entry. */
  private readonly table = new Int32Array(3);
  private readonly tableLo = new Int32Array(3);
  private readonly tableHi = new Int32Array(3);
  private readonly index = new Int32Array(3);
  private readonly entry = new Int32Array(3);

  /** Bits of a 4 MiB page's entry that must be 0: bit 21, and address bits above MAXPHYADDR (bits 20:13 are 39:32). */
  private readonly reserved4M: number;

  constructor(
    config: CpuConfig,
    memory: HostMemory,
    lines: LineCache,
    tally: Tally,
    events: Recorder,
    nested: NestedWalker | null,
  ) {
    super(config, memory, lines, tally, events, nested);
    const above = config.maxphyaddr >= 40 ? 0 : 0x1fe000 & ~((1 << (config.maxphyaddr - 32 + 13)) - 1);
    this.reserved4M = PSE_RESERVED | above;
  }

  walk(_hi: number, vpn: number, _tag: number, mode: GuestMode, rootHi: number, rootLo: number): number {
    const { nested, memory, lines, tally } = this;
    let flags = UPPER;
    let gfnHi = rootHi;
    let gfnLo = rootLo;
    lines.cover(memory.words.length);
    for (let level = 2; ; level--) {
      const index = level === 2 ? (vpn >>> 10) & 1023 : vpn & 1023;
      let table = gfnLo;
      if (nested !== null) {
        const problem = nested.translate(gfnHi, gfnLo, READ_ENTRY);
        if (problem !== NESTED_OK) return this.exit(problem, READ_ENTRY, gfnHi, gfnLo, index << 2);
        table = nested.hfn;
      }
      const entry = isBacked(memory, table) ? memory.word(table, index) : 0;
      const line = (memory.chunkOf[table * PARTS_PER_FRAME + (index >> 6)] ?? 0) * 4 + ((index >> 4) & 3);
      let place: number = PLACE.L1;
      if ((lines.residence[line]! & WARM) === 0) {
        place = lines.walkLoad(table, index >> 1, line);
        if (place !== PLACE.L1) tally.countGuest(place);
      }
      tally.guestLoads++;
      if (this.events.on) this.events.emit(EVENT.hw_guest_entry, level, place, 0, entry);
      this.table[level] = table;
      this.tableHi[level] = gfnHi;
      this.tableLo[level] = gfnLo;
      this.index[level] = index;
      this.entry[level] = entry;
      this.leaf = level;
      if ((entry & PTE.P) === 0) return this.fault(0);
      const large = level === 2 && mode.pse && (entry & PTE.PS) !== 0;
      if (large && (entry & this.reserved4M) !== 0) return this.fault(PFERR.P | PFERR.RSVD);
      flags &= ((entry & PTE.U) !== 0 ? RIGHT.U : 0) | ((entry & PTE.W) !== 0 ? RIGHT.W : 0) | RIGHT.X;
      gfnHi = 0;
      gfnLo = entry >>> 12;
      if (level === 2 && !large) continue;
      if (large) {
        // Bits 20:13 of the entry are bits 39:32 of the address.
        gfnLo = ((entry >>> 22) << 10) | (((entry >>> 13) & 0xff) << 20) | (vpn & 1023);
      }
      this.gfnHi = gfnHi;
      this.gfnLo = gfnLo;
      this.cls = large ? 1 : 0;
      this.flags =
        flags |
        RIGHT.KEY_PLAIN |
        (mode.pge && (entry & PTE.G) !== 0 ? RIGHT.GLOBAL : 0) |
        ((large ? GUEST_PAGE_4M : 0) << RIGHT.PAGE_SHIFT);
      return WALK_OK;
    }
  }

  commit(_hi: number, _vpn: number, kind: number): number {
    const write = kind === KIND.WRITE || kind === KIND.RMW;
    for (let level = 2; level >= this.leaf; level--) {
      const entry = this.entry[level]!;
      const set = entry | PTE.A | (write && level === this.leaf ? PTE.D : 0);
      if (set === entry) continue;
      if (this.updateNeedsWalk) {
        const problem = this.nested!.translate(this.tableHi[level]!, this.tableLo[level]!, UPDATE_ENTRY);
        if (problem !== NESTED_OK) {
          return this.exit(problem, UPDATE_ENTRY, this.tableHi[level]!, this.tableLo[level]!, this.index[level]! << 2);
        }
      }
      this.memory.setWord(this.table[level]!, this.index[level]!, set);
      this.entry[level] = set;
      this.tally.setAd++;
    }
    if ((this.entry[this.leaf]! & PTE.D) !== 0) this.flags |= RIGHT.DIRTY;
    return WALK_OK;
  }

  keep(): void {
    // Nothing is cached of upper entries.
  }

  dropUpper(): void {
    // Nothing is cached of upper entries.
  }
}
