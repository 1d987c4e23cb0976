import { CR0, CR4, EFER, type GuestRegisters, REG } from '../../guest/registers.ts';
import { LARGE_RESERVED, PKRU, PTE, PTE_PKEY_SHIFT_HI, reservedAddressHi } from '../../spec/paging.ts';
import { PFERR } from '../../spec/vm-exit.ts';
import type { GuestRam } from './guest-ram.ts';
import { indexOf } from './nested-tables.ts';

const { P: PRESENT, W: WRITABLE, U: USER, A: ACCESSED, D: DIRTY, PS: LARGE, NX_HI } = PTE;

/** Levels of the guest's own page tables: 0 without paging, 2, 3 (PAE), 4 or 5. */
export function guestLevels(regs: GuestRegisters): number {
  const { at } = regs;
  if ((at[REG.CR0]! & CR0.PG) === 0) return 0;
  if ((at[REG.CR4]! & CR4.PAE) === 0) return 2;
  if ((at[REG.EFER]! & EFER.LMA) === 0) return 3;
  return (at[REG.CR4]! & CR4.LA57) === 0 ? 4 : 5;
}

/**
 * KVM's software walk of the guest's page tables (FNAME(walk_addr_generic), arch/x86/kvm/mmu/paging_tmpl.h): entries are read through
 * memslots, accessed and dirty bits are set, and what the guest would fault on is found. One walker a vCPU; the answer is in its fields.
 */
export class GuestWalk {
  gpaHi = 0;
  gpaLo = 0;
  /** Page-fault error code after a walk that returned false. */
  errorCode = 0;
  /** Levels read by the last walk. */
  levels = 0;
  private readonly regs: GuestRegisters;
  private readonly ram: GuestRam;
  private readonly aboveMax: number;
  private readonly entry = new Int32Array(2);
  private readonly entryHiAt = new Int32Array(6);
  private readonly entryLoAt = new Int32Array(6);

  constructor(regs: GuestRegisters, ram: GuestRam, maxphyaddr: number) {
    this.regs = regs;
    this.ram = ram;
    this.aboveMax = reservedAddressHi(maxphyaddr);
  }

  /** Translates a linear address for a data access at the current CPL. False: `errorCode` is to be injected. */
  translate(hi: number, lo: number, write: boolean): boolean {
    const top = guestLevels(this.regs);
    this.levels = 0;
    if (top === 0) {
      this.gpaHi = 0;
      this.gpaLo = lo;
      return true;
    }
    const { at } = this.regs;
    const access = (write ? PFERR.W : 0) | (at[REG.CPL] === 3 ? PFERR.U : 0);
    const bytes = top === 2 ? 4 : 8;
    let tableLo = at[REG.CR3_LO]! & (top === 3 ? ~0x1f : ~0xfff);
    let tableHi = top > 3 ? at[REG.CR3_HI]! & 0xfffff : 0;
    let rights = WRITABLE | USER;
    let noExecute = 0;
    for (let level = top; ; level--) {
      const entryLo = tableLo | (guestIndexOf(top, level, hi, lo) * bytes);
      this.levels++;
      if (!this.ram.readEntry(tableHi, entryLo, bytes, this.entry)) return this.fault(access);
      const low = this.entry[0]!;
      const high = this.entry[1]!;
      if ((low & PRESENT) === 0) return this.fault(access);
      const isPaePdpte = top === 3 && level === 3;
      const isLeaf = level === 1 || ((low & LARGE) !== 0 && largeAllowed(this.regs, top, level));
      if (bytes === 8 && this.reserved(high, low, level, isLeaf, isPaePdpte)) {
        return this.fault(access | PFERR.P | PFERR.RSVD);
      }
      this.entryHiAt[level] = tableHi;
      this.entryLoAt[level] = entryLo;
      if (!isPaePdpte) rights &= low;
      noExecute |= high & NX_HI;
      if (isLeaf) {
        if (!this.allowed(rights, write, access, high)) return this.fault(this.errorCode);
        this.setAccessed(top, level, write, bytes);
        this.finish(top, level, high, low, lo);
        return true;
      }
      tableLo = low & ~0xfff;
      tableHi = high & 0xfffff;
    }
  }

  private fault(code: number): boolean {
    this.errorCode = code;
    return false;
  }

  private reserved(high: number, low: number, level: number, isLeaf: boolean, isPaePdpte: boolean): boolean {
    if ((high & this.aboveMax) !== 0) return true;
    if ((high & NX_HI) !== 0 && (isPaePdpte || (this.regs.at[REG.EFER]! & EFER.NXE) === 0)) return true;
    if (level >= 4 && (low & LARGE) !== 0) return true;
    if (isLeaf && level === 2) return (low & LARGE_RESERVED.M2) !== 0;
    return isLeaf && level === 3 && (low & LARGE_RESERVED.G1) !== 0;
  }

  /** permission_fault(): U/S, R/W with CR0.WP, SMAP, protection keys. On refusal `errorCode` is set. */
  private allowed(rights: number, write: boolean, access: number, leafHi: number): boolean {
    const { at } = this.regs;
    const user = (access & PFERR.U) !== 0;
    const isUserPage = (rights & USER) !== 0;
    let refused = user && !isUserPage;
    if (write && (rights & WRITABLE) === 0 && (user || (at[REG.CR0]! & CR0.WP) !== 0)) refused = true;
    if (!user && isUserPage && (at[REG.CR4]! & CR4.SMAP) !== 0 && at[REG.AC] === 0) refused = true;
    this.errorCode = access | PFERR.P;
    if (!isUserPage || (at[REG.CR4]! & CR4.PKE) === 0 || (at[REG.EFER]! & EFER.LMA) === 0) return !refused;
    const bits = (at[REG.PKRU]! >>> (((leafHi >>> PTE_PKEY_SHIFT_HI) & 15) * 2)) & 3;
    const denied =
      (bits & PKRU.AD) !== 0 || (write && (bits & PKRU.WD) !== 0 && (user || (at[REG.CR0]! & CR0.WP) !== 0));
    if (denied) this.errorCode |= PFERR.PK;
    return !denied && !refused;
  }

  /** Accessed in every level, dirty in the leaf of a write; entries in a read-only slot stay as they are. */
  private setAccessed(top: number, leaf: number, write: boolean, bytes: number): void {
    for (let level = top; level >= leaf; level--) {
      if (top === 3 && level === 3) continue;
      const wanted = level === leaf && write ? ACCESSED | DIRTY : ACCESSED;
      const hi = this.entryHiAt[level]!;
      const lo = this.entryLoAt[level]!;
      this.ram.read(hi, lo, bytes, this.entry, 0);
      if ((this.entry[0]! & wanted) === wanted) continue;
      this.entry[0]! |= wanted;
      this.ram.write(hi, lo, bytes, this.entry, 0);
    }
  }

  private finish(top: number, level: number, high: number, low: number, gvaLo: number): void {
    const shift = top === 2 ? 12 + (level - 1) * 10 : 12 + (level - 1) * 9;
    const mask = (1 << shift) - 1;
    this.gpaHi = top === 2 ? 0 : high & 0xfffff;
    this.gpaLo = (low & ~mask & ~0xfff) | (gvaLo & mask);
  }
}

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
