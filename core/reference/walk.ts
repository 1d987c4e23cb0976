import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { PFERR } from '../spec/vm-exit.ts';
import { BACKING, type MemoryMap } from './memory-map.ts';
import {
  ENTRY,
  ENTRY_HI_XD,
  RESERVED_1G,
  RESERVED_2M,
  RESERVED_PAE_HI,
  RESERVED_PAE_PDPTE,
  reserved4M,
  reservedAddressHi,
} from './paging-bits.ts';
import { accessBits, forbidden, WANT } from './rights.ts';

/** How a translation ended. */
export const WALK = Object.freeze({
  DONE: 0,
  /** `vector` and `errorCode` say which fault. */
  FAULT: 1,
  /** A table lies where no memory is: no promise about what follows. */
  NO_TABLE: 2,
});

const GP = 13;
const PF = 14;

/** The processor features that decide which entry bits are reserved. */
export interface WalkOptions {
  /** MAXPHYADDR of the guest's CPUID, 36 to 52 bits. */
  readonly maxPhyAddr: number;
  /** 1 GiB pages. */
  readonly gbPages: boolean;
}

/**
 * The guest's page walk, from the registers and from memory alone, every time: SDM vol. 3, chapter 5. Accessed bits of all levels and the
 * dirty bit of the leaf are set once the access is allowed (not in read-only memory, where they cannot be).
 */
export class GuestWalk {
  /** Result of the last translation: guest-physical address, or the fault. */
  gpaHi = 0;
  gpaLo = 0;
  vector = -1;
  errorCode = 0;
  private readonly memory: MemoryMap;
  private readonly gbPages: boolean;
  private readonly reservedHi: number;
  private readonly reserved4M: number;
  /** Page entry and word number of the entry read at each level, for setting A and D. */
  private readonly pageAt = new Int32Array(6);
  private readonly wordAt = new Int32Array(6);

  constructor(memory: MemoryMap, options: WalkOptions) {
    this.memory = memory;
    this.gbPages = options.gbPages;
    this.reservedHi = reservedAddressHi(options.maxPhyAddr);
    this.reserved4M = reserved4M(options.maxPhyAddr);
  }

  /** True under 4-level and 5-level paging: linear addresses have 64 bits. */
  isLong(regs: Int32Array): boolean {
    return (regs[REG.CR0]! & CR0.PG) !== 0 && (regs[REG.EFER]! & (EFER.LMA | EFER.LME)) !== 0;
  }

  /** False for an address that 4-level or 5-level paging does not have; the fault is a #GP. */
  isCanonical(regs: Int32Array, hi: number): boolean {
    if (!this.isLong(regs)) return true;
    const shift = (regs[REG.CR4]! & CR4.LA57) !== 0 ? 7 : 16;
    return (hi << shift) >> shift === (hi | 0);
  }

  /** Translates one address for one WANT. Returns a WALK; nothing in memory changes unless it is DONE. */
  translate(regs: Int32Array, hi: number, lo: number, want: number, implicit: boolean): number {
    const cr4 = regs[REG.CR4]!;
    if ((regs[REG.CR0]! & CR0.PG) === 0) {
      this.gpaHi = 0;
      this.gpaLo = lo;
      return WALK.DONE;
    }
    if ((cr4 & CR4.PAE) === 0) return this.walk32(regs, lo, want, implicit);
    if ((regs[REG.EFER]! & (EFER.LMA | EFER.LME)) === 0) return this.walk64(regs, 0, lo, want, implicit, 3, true);
    if (!this.isCanonical(regs, hi)) {
      this.vector = GP;
      this.errorCode = 0;
      return WALK.FAULT;
    }
    return this.walk64(regs, hi, lo, want, implicit, (cr4 & CR4.LA57) !== 0 ? 5 : 4, false);
  }

  private walk64(
    regs: Int32Array,
    hi: number,
    lo: number,
    want: number,
    implicit: boolean,
    top: number,
    pae: boolean,
  ): number {
    const { memory } = this;
    const { store } = memory;
    const xdReserved = (regs[REG.EFER]! & EFER.NXE) === 0;
    const reservedHi = this.reservedHi | (xdReserved ? ENTRY_HI_XD : 0) | (pae ? RESERVED_PAE_HI : 0);
    let tableHi = pae ? 0 : regs[REG.CR3_HI]! & 0xfffff;
    let tableLo = regs[REG.CR3_LO]! & (pae ? ~31 : ~0xfff);
    let rights = ENTRY.RW | ENTRY.US;
    let accessed = ENTRY.A;
    let xd = 0;
    for (let level = top; ; level--) {
      const page = memory.lookup(tableHi, tableLo);
      if (page === BACKING.NONE) return WALK.NO_TABLE;
      const frame = page >>> 2;
      const word = ((tableLo & 0xfff) >>> 2) + entryIndex(hi, lo, level) * 2;
      const entryLo = store.word(frame, word);
      const entryHi = store.word(frame, word + 1);
      store.isTable[frame] = 1;
      if ((entryLo & ENTRY.P) === 0) return this.pageFault(regs, want, implicit, 0);
      const pdpteOfPae = pae && level === 3;
      if ((entryHi & (pdpteOfPae ? reservedHi | ENTRY_HI_XD : reservedHi)) !== 0) {
        return this.pageFault(regs, want, implicit, PFERR.P | PFERR.RSVD);
      }
      const leaf = level === 1 || (level <= 3 && !pdpteOfPae && (entryLo & ENTRY.PS) !== 0);
      if (this.reservedLow(entryLo, level, leaf, pdpteOfPae)) {
        return this.pageFault(regs, want, implicit, PFERR.P | PFERR.RSVD);
      }
      if (pdpteOfPae) {
        this.pageAt[level] = 0;
      } else {
        this.pageAt[level] = page;
        this.wordAt[level] = word;
        rights &= entryLo;
        accessed &= entryLo;
        xd |= entryHi;
      }
      if (leaf) {
        const key = (entryHi >>> 27) & 15;
        const userPage = (rights & ENTRY.US) !== 0;
        const denied = forbidden(regs, want, (rights & ENTRY.RW) !== 0, userPage, xd < 0, key, implicit);
        if (denied !== 0) return this.pageFault(regs, want, implicit, denied);
        const dirty = want !== WANT.WRITE || (entryLo & ENTRY.D) !== 0;
        if (accessed === 0 || !dirty) this.setAccessedDirty(level, top, want);
        const offset = level === 1 ? 0xfff : level === 2 ? 0x1f_ffff : 0x3fff_ffff;
        this.gpaHi = entryHi & 0xfffff;
        this.gpaLo = (entryLo & ~offset) | (lo & offset);
        return WALK.DONE;
      }
      tableHi = entryHi & 0xfffff;
      tableLo = entryLo & ~0xfff;
    }
  }

  private reservedLow(entryLo: number, level: number, leaf: boolean, pdpteOfPae: boolean): boolean {
    if (pdpteOfPae) return (entryLo & RESERVED_PAE_PDPTE) !== 0;
    if (level === 1) return false;
    if (!leaf) return level > 3 && (entryLo & ENTRY.PS) !== 0;
    if (level === 2) return (entryLo & RESERVED_2M) !== 0;
    return !this.gbPages || (entryLo & RESERVED_1G) !== 0;
  }

  private walk32(regs: Int32Array, lo: number, want: number, implicit: boolean): number {
    const { memory } = this;
    const { store } = memory;
    let table = regs[REG.CR3_LO]! & ~0xfff;
    let rights = ENTRY.RW | ENTRY.US;
    let accessed = ENTRY.A;
    for (let level = 2; ; level--) {
      const page = memory.lookup(0, table);
      if (page === BACKING.NONE) return WALK.NO_TABLE;
      const frame = page >>> 2;
      const word = level === 2 ? lo >>> 22 : (lo >>> 12) & 1023;
      const entry = store.word(frame, word);
      store.isTable[frame] = 1;
      if ((entry & ENTRY.P) === 0) return this.pageFault(regs, want, implicit, 0);
      const large = level === 2 && (entry & ENTRY.PS) !== 0 && (regs[REG.CR4]! & CR4.PSE) !== 0;
      if (large && (entry & this.reserved4M) !== 0) return this.pageFault(regs, want, implicit, PFERR.P | PFERR.RSVD);
      this.pageAt[level] = page;
      this.wordAt[level] = word;
      rights &= entry;
      accessed &= entry;
      if (large || level === 1) {
        const userPage = (rights & ENTRY.US) !== 0;
        const denied = forbidden(regs, want, (rights & ENTRY.RW) !== 0, userPage, false, 0, implicit);
        if (denied !== 0) return this.pageFault(regs, want, implicit, denied);
        const dirty = want !== WANT.WRITE || (entry & ENTRY.D) !== 0;
        if (accessed === 0 || !dirty) this.setAccessedDirty(level, 2, want);
        this.gpaHi = large ? (entry >>> 13) & 0xff : 0;
        this.gpaLo = large ? (entry & 0xffc0_0000) | (lo & 0x3f_ffff) : (entry & ~0xfff) | (lo & 0xfff);
        return WALK.DONE;
      }
      table = entry & ~0xfff;
    }
  }

  private setAccessedDirty(leaf: number, top: number, want: number): void {
    const { store } = this.memory;
    for (let level = top; level >= leaf; level--) {
      const page = this.pageAt[level]!;
      if ((page & 3) !== BACKING.RAM) continue;
      const bits = level === leaf && want === WANT.WRITE ? ENTRY.A | ENTRY.D : ENTRY.A;
      const word = this.wordAt[level]!;
      store.setWord(page >>> 2, word, store.word(page >>> 2, word) | bits);
    }
  }

  private pageFault(regs: Int32Array, want: number, implicit: boolean, bits: number): number {
    this.vector = PF;
    this.errorCode = bits | accessBits(regs, want, implicit);
    return WALK.FAULT;
  }
}

function entryIndex(hi: number, lo: number, level: number): number {
  if (level === 1) return (lo >>> 12) & 511;
  if (level === 2) return (lo >>> 21) & 511;
  if (level === 3) return ((lo >>> 30) | (hi << 2)) & 511;
  return level === 4 ? (hi >>> 7) & 511 : (hi >>> 16) & 511;
}
