import { CR0, CR4, EFER, type GuestRegisters, REG } from '../../guest/registers.ts';
import { LARGE_RESERVED, PAE_PDPTE_RESERVED, PTE } from '../../spec/paging.ts';
import { PFERR } from '../../spec/vm-exit.ts';
import type { GuestRam } from './guest-ram.ts';
import { indexOf } from './nested-tables.ts';

const { P: PRESENT, A: ACCESSED, D: DIRTY, PS: LARGE, NX_HI } = PTE;
/** In PAE entries, bits 62:52. */
const PAE_RESERVED_HI = 0x7ff0_0000;

/** Levels of the guest's own page tables: 0 without paging, 2, 3 (PAE), 4 or 5. */
export function guestLevels(regs: GuestRegisters): number {
  const { at } = regs;
  if ((at[REG.CR0]! & CR0.PG) === 0) return 0;
  if ((at[REG.CR4]! & CR4.PAE) === 0) return 2;
  if ((at[REG.EFER]! & EFER.LMA) === 0) return 3;
  return (at[REG.CR4]! & CR4.LA57) === 0 ? 4 : 5;
}

/** True when an address with this high word is canonical for tables of 4 or 5 levels. */
export function isCanonicalHi(levels: number, hi: number): boolean {
  const shift = levels === 5 ? 7 : 16;
  return (hi << shift) >> shift === (hi | 0);
}

/** Rights as KVM keeps them of a guest entry: ACC_EXEC_MASK, ACC_WRITE_MASK, ACC_USER_MASK. */
export const ACC = Object.freeze({ EXEC: 1, WRITE: 2, USER: 4, ALL: 7 });

/**
 * KVM's software walk of the guest's page tables (FNAME(walk_addr_generic), arch/x86/kvm/mmu/paging_tmpl.h): entries are read through
 * memslots, accessed and dirty bits are set, and what the guest would fault on is found. One walker a vCPU; the answer is in its fields.
 */
export class GuestWalk {
  gpaHi = 0;
  gpaLo = 0;
  /** Page-fault error code after a walk that returned false. */
  errorCode = 0;
  /** Levels read from memory by the last walk. */
  levels = 0;
  /** Entries in which the last walk set a bit. */
  updated = 0;
  /** Level of the guest's leaf. */
  leaf = 0;
  /** ACC rights of the leaf, those of all entries above taken in; a clean page of a walk that did not write is not writable. */
  access = 0;
  /** By level: ACC rights that the entries above it leave. */
  readonly accessAbove = new Int32Array(6);
  /** By level: the entry read, and where it stands. */
  readonly entryLo = new Int32Array(6);
  readonly entryHi = new Int32Array(6);
  readonly entryGpaLo = new Int32Array(6);
  readonly entryGpaHi = new Int32Array(6);
  private readonly regs: GuestRegisters;
  private readonly ram: GuestRam;
  private readonly maxphyaddr: number;
  private readonly pdptrs: Int32Array | null;
  private readonly entry = new Int32Array(2);

  /** `pdptrs`: the page-directory pointers as loaded with CR3 (four times low word, high word); null reads them from memory at each walk. */
  constructor(regs: GuestRegisters, ram: GuestRam, maxphyaddr: number, pdptrs: Int32Array | null = null) {
    this.regs = regs;
    this.ram = ram;
    this.maxphyaddr = maxphyaddr;
    this.pdptrs = pdptrs;
  }

  /** Translates a linear address for a data access at the current CPL. False: `errorCode` is to be injected. */
  translate(hi: number, lo: number, write: boolean): boolean {
    return this.walk(hi, lo, (write ? PFERR.W : 0) | (this.regs.at[REG.CPL] === 3 ? PFERR.U : 0));
  }

  /** Translates a linear address for an access: PFERR bits W, U and FETCH. False: `errorCode` is to be injected. */
  walk(hi: number, lo: number, access: number): boolean {
    const top = guestLevels(this.regs);
    this.levels = 0;
    this.updated = 0;
    if (top === 0) {
      this.gpaHi = 0;
      this.gpaLo = lo;
      this.leaf = 0;
      this.access = ACC.ALL;
      return true;
    }
    const { at } = this.regs;
    const bytes = top === 2 ? 4 : 8;
    let tableLo = at[REG.CR3_LO]! & (top === 3 ? ~0x1f : ~0xfff);
    let tableHi = top > 3 ? at[REG.CR3_HI]! & 0xfffff : 0;
    let level = top;
    if (top === 3 && this.pdptrs !== null) {
      tableLo = this.pdptrs[(lo >>> 30) * 2]!;
      tableHi = this.pdptrs[(lo >>> 30) * 2 + 1]! & 0xfffff;
      if ((tableLo & PRESENT) === 0) return this.fault(access, 0);
      tableLo &= ~0xfff;
      level = 2;
    }
    const first = top === 3 ? 2 : top;
    let rights = ACC.ALL;
    for (; ; level--) {
      const entryLo = tableLo | (guestIndexOf(top, level, hi, lo) * bytes);
      this.levels++;
      this.accessAbove[level] = rights;
      this.entryGpaHi[level] = tableHi;
      this.entryGpaLo[level] = entryLo;
      if (!this.ram.readEntry(tableHi, entryLo, bytes, this.entry)) return this.fault(access, 0);
      const low = this.entry[0]!;
      const high = this.entry[1]!;
      this.entryLo[level] = low;
      this.entryHi[level] = high;
      if ((low & PRESENT) === 0) return this.fault(access, 0);
      const isPaePdpte = top === 3 && level === 3;
      const isLeaf = level === 1 || ((low & LARGE) !== 0 && largeAllowed(this.regs, top, level));
      if (this.reserved(top, high, low, level, isLeaf, isPaePdpte)) return this.fault(access, PFERR.P | PFERR.RSVD);
      if (!isPaePdpte) rights &= accessOf(high, low);
      if (isLeaf) {
        const denied = this.permissionFault(rights, (high >>> 27) & 15, access);
        if (denied !== 0) return this.fault(access, denied);
        const write = (access & PFERR.W) !== 0;
        this.setAccessed(first, level, write, bytes);
        this.finish(top, level, high, low, lo);
        this.leaf = level;
        this.access = write || (low & DIRTY) !== 0 ? rights : rights & ~ACC.WRITE;
        return true;
      }
      tableLo = low & ~0xfff;
      tableHi = high & 0xfffff;
    }
  }

  /** True when an entry of this level has a reserved bit set (FNAME(is_rsvd_bits_set)), in the guest's present mode. */
  isReserved(hi: number, lo: number, level: number): boolean {
    const top = guestLevels(this.regs);
    const isLeaf = level === 1 || ((lo & LARGE) !== 0 && largeAllowed(this.regs, top, level));
    return this.reserved(top, hi, lo, level, isLeaf, false);
  }

  /**
   * permission_fault(): 0, or what the rights of a page refuse an access with: PFERR.P, and PFERR.PK where a protection key does. `access` has
   * PFERR bits W, U and FETCH.
   */
  permissionFault(rights: number, key: number, access: number): number {
    const { at } = this.regs;
    const user = (access & PFERR.U) !== 0;
    const write = (access & PFERR.W) !== 0;
    const isUserPage = (rights & ACC.USER) !== 0;
    const wp = (at[REG.CR0]! & CR0.WP) !== 0;
    let refused = user && !isUserPage;
    if ((access & PFERR.FETCH) !== 0) {
      if ((rights & ACC.EXEC) === 0) refused = true;
      if (!user && isUserPage && (at[REG.CR4]! & CR4.SMEP) !== 0) refused = true;
      return refused ? PFERR.P : 0;
    }
    if (write && (rights & ACC.WRITE) === 0 && (user || wp)) refused = true;
    if (!user && isUserPage && (at[REG.CR4]! & CR4.SMAP) !== 0 && at[REG.AC] === 0) refused = true;
    if (!isUserPage || (at[REG.CR4]! & CR4.PKE) === 0 || (at[REG.EFER]! & EFER.LMA) === 0) return refused ? PFERR.P : 0;
    const bits = (at[REG.PKRU]! >>> (key * 2)) & 3;
    const denied = (bits & 1) !== 0 || (write && (bits & 2) !== 0 && (user || wp));
    return denied ? PFERR.P | PFERR.PK : refused ? PFERR.P : 0;
  }

  private fault(access: number, bits: number): boolean {
    const { at } = this.regs;
    const reportsFetch = (at[REG.CR4]! & CR4.SMEP) !== 0 || this.nxEnabled(at);
    this.errorCode = (access & (PFERR.W | PFERR.U)) | bits | (reportsFetch ? access & PFERR.FETCH : 0);
    return false;
  }

  /** is_efer_nx() of a role: EFER.NXE counts where entries have a bit for it. */
  private nxEnabled(at: Int32Array): boolean {
    return (at[REG.EFER]! & EFER.NXE) !== 0;
  }

  /** reset_guest_rsvds_bits_mask(). Of a 4 MiB page's entry, KVM takes bits 16:13 for address bits 35:32, and 21:17 for reserved. */
  private reserved(
    top: number,
    high: number,
    low: number,
    level: number,
    isLeaf: boolean,
    isPaePdpte: boolean,
  ): boolean {
    if (top === 2) return isLeaf && level === 2 && (low & 0x3e_0000) !== 0;
    const aboveMax = this.maxphyaddr >= 52 ? 0 : 0xfffff & ~((1 << (this.maxphyaddr - 32)) - 1);
    if ((high & (top === 3 ? aboveMax | PAE_RESERVED_HI : aboveMax)) !== 0) return true;
    if ((high & NX_HI) !== 0 && (isPaePdpte || (this.regs.at[REG.EFER]! & EFER.NXE) === 0)) return true;
    if (isPaePdpte) return (low & PAE_PDPTE_RESERVED) !== 0;
    if (level >= 4 && (low & LARGE) !== 0) return true;
    if (isLeaf && level === 2) return (low & LARGE_RESERVED.M2) !== 0;
    return isLeaf && level === 3 && (low & LARGE_RESERVED.G1) !== 0;
  }

  /** Accessed in every level, dirty in the leaf of a write; entries in a read-only slot stay as they are. */
  private setAccessed(first: number, leaf: number, write: boolean, bytes: number): void {
    for (let level = first; level >= leaf; level--) {
      const wanted = level === leaf && write ? ACCESSED | DIRTY : ACCESSED;
      if ((this.entryLo[level]! & wanted) === wanted) continue;
      this.entry[0] = this.entryLo[level]! | wanted;
      this.entry[1] = this.entryHi[level]!;
      if (!this.ram.write(this.entryGpaHi[level]!, this.entryGpaLo[level]!, bytes, this.entry, 0)) continue;
      this.entryLo[level] = this.entry[0]!;
      this.updated++;
    }
  }

  private finish(top: number, level: number, high: number, low: number, gvaLo: number): void {
    const shift = top === 2 ? 12 + (level - 1) * 10 : 12 + (level - 1) * 9;
    const mask = (1 << shift) - 1;
    // Bits 16:13 of a 4 MiB page's entry are address bits 35:32 (PSE-36).
    if (top === 2) this.gpaHi = level === 2 ? (low >>> 13) & 15 : 0;
    else this.gpaHi = high & 0xfffff;
    this.gpaLo = (low & ~mask & ~0xfff) | (gvaLo & mask);
  }
}

/** FNAME(gpte_access). The high word of a 32-bit entry is 0. */
export const accessOf = (hi: number, lo: number): number =>
  (lo & (ACC.WRITE | ACC.USER)) | ((hi & NX_HI) === 0 ? ACC.EXEC : 0);

/** Index into the guest's table of a level: nested tables have the same but for 32-bit and PAE paging. */
export function guestIndexOf(top: number, level: number, hi: number, lo: number): number {
  if (top === 2) return level === 2 ? lo >>> 22 : (lo >>> 12) & 1023;
  return top === 3 && level === 3 ? lo >>> 30 : indexOf(level, hi, lo);
}

/** True where an entry of the level may map a large page. */
export function largeAllowed(regs: GuestRegisters, top: number, level: number): boolean {
  if (top === 2) return level === 2 && (regs.at[REG.CR4]! & CR4.PSE) !== 0;
  return level === 2 || (level === 3 && top > 3);
}
