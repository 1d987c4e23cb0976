import { STEP } from '../../../cost/steps.ts';
import { CR0, CR4, EFER, REG } from '../../../guest/registers.ts';
import { PTE } from '../../../spec/paging.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import type { Vcpu } from '../../vcpu.ts';
import { guestIndexOf } from '../guest-walk.ts';
import { ACC, gfnOfEntry } from './entry.ts';

/** Outcome of one level. */
const GO_ON = 0;
const LEAF = 1;
const FAULT = 2;

/**
 * FNAME(walk_addr) of 2.6.24 and 2.6.26: the guest's tables walked for a fault. Rights are tested level by level, and the accessed bit is
 * set as the walk goes on, so an upper entry gets it although a lower one turns out to be absent. Reserved bits are not looked at, and
 * neither is bit 7 above the second level: these kernels show their guests no 1 GiB pages.
 */
export class GuestWalk2007 {
  /** Level of the entry that maps the page, 1 or 2. */
  level = 0;
  /** Guest frame the address is in. */
  gfn = 0;
  /** Code for the guest after a walk that failed. */
  errorCode = 0;
  /** Rights of the levels above the leaf (ACC, all levels together), and with the leaf's. */
  upperAccess = 0;
  access = 0;
  /** By level: frame of the guest table, index in it, the entry as read. */
  readonly tableGfn = new Float64Array(5);
  readonly index = new Int32Array(5);
  readonly entryLo = new Int32Array(5);
  readonly entryHi = new Int32Array(5);
  private readonly vcpu: Vcpu;
  private readonly entry = new Int32Array(2);

  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
  }

  /** `top`: levels of the guest's tables (2, 3 or 4). False: `errorCode` is to be injected. */
  walk(top: number, hi: number, lo: number, error: number): boolean {
    const { regs, paths, pdptrs } = this.vcpu;
    let level = top;
    let tableGfn = gfnOfEntry(top === 4 ? regs.at[REG.CR3_HI]! : 0, regs.at[REG.CR3_LO]!);
    if (top === 3) {
      const at = (lo >>> 30) * 2;
      if ((pdptrs[at]! & PTE.P) === 0) return this.fault(0, error);
      tableGfn = gfnOfEntry(pdptrs[at + 1]!, pdptrs[at]!);
      level = 2;
    }
    this.access = ACC.ALL;
    for (; ; level--) {
      paths.add(STEP.paging64_walk_addr);
      const found = this.read(top, level, tableGfn, hi, lo, error);
      if (found === FAULT) return false;
      if (found === LEAF) break;
      tableGfn = gfnOfEntry(this.entryHi[level]!, this.entryLo[level]!);
    }
    this.level = level;
    this.gfn = this.frameOf(top, level, lo);
    return true;
  }

  /** Sets the dirty bit in the leaf's guest entry. */
  setDirty(top: number): void {
    this.store(top, this.level, PTE.D);
  }

  private read(top: number, level: number, tableGfn: number, hi: number, lo: number, error: number): number {
    const index = guestIndexOf(top === 2 ? 2 : 4, level, hi, lo);
    this.tableGfn[level] = tableGfn;
    this.index[level] = index;
    this.load(top, tableGfn, index);
    const low = this.entry[0]!;
    const high = this.entry[1]!;
    if ((low & PTE.P) === 0) {
      this.fault(0, error);
      return FAULT;
    }
    if (this.isRefused(high, low, error)) {
      this.fault(PFERR.P, error);
      return FAULT;
    }
    this.entryLo[level] = low;
    this.entryHi[level] = high;
    if ((low & PTE.A) === 0) this.store(top, level, PTE.A);
    this.upperAccess = this.access;
    this.access &= accessOfEntry(high, low, this.noExecute);
    const { at } = this.vcpu.regs;
    const large = level === 2 && (low & PTE.PS) !== 0 && (top > 2 || (at[REG.CR4]! & CR4.PSE) !== 0);
    return level === 1 || large ? LEAF : GO_ON;
  }

  private isRefused(high: number, low: number, error: number): boolean {
    const { at } = this.vcpu.regs;
    const user = (error & PFERR.U) !== 0;
    if ((error & PFERR.W) !== 0 && (low & PTE.W) === 0 && (user || (at[REG.CR0]! & CR0.WP) !== 0)) return true;
    if (user && (low & PTE.U) === 0) return true;
    return (error & PFERR.FETCH) !== 0 && this.noExecute && (high & PTE.NX_HI) !== 0;
  }

  /** is_nx(). Entries of 4 bytes have a high word of 0. */
  get noExecute(): boolean {
    return (this.vcpu.regs.at[REG.EFER]! & EFER.NXE) !== 0;
  }

  private fault(present: number, error: number): boolean {
    this.errorCode = present | (error & (PFERR.W | PFERR.U | PFERR.FETCH));
    return false;
  }

  /** Reads an entry; one in a frame without memory reads 0. */
  private load(top: number, gfn: number, index: number): void {
    const { memory, ram } = this.vcpu.kvm;
    const frame = ram.frame(gfn, false);
    const words = top === 2 ? 1 : 2;
    this.entry[0] = frame < 0 ? 0 : memory.word(frame, index * words);
    this.entry[1] = frame < 0 || words === 1 ? 0 : memory.word(frame, index * words + 1);
  }

  /** Sets bits in the guest's entry of a level, and in what was read of it. */
  private store(top: number, level: number, bits: number): void {
    const { kvm, paths } = this.vcpu;
    const gfn = this.tableGfn[level]!;
    this.entryLo[level]! |= bits;
    paths.add(STEP.mark_page_dirty);
    kvm.ram.markDirty(gfn);
    if (kvm.policy.shadowMmu === '2008') paths.add(STEP.paging64_cmpxchg_gpte);
    const frame = kvm.ram.frame(gfn, false);
    kvm.memory.setWord(frame, this.index[level]! * (top === 2 ? 1 : 2), this.entryLo[level]!);
  }

  /** Bits 20:13 of a 4 MiB page's entry are address bits 39:32 (PSE-36). */
  private frameOf(top: number, level: number, lo: number): number {
    const low = this.entryLo[level]!;
    if (level === 1) return gfnOfEntry(this.entryHi[1]!, low);
    if (top === 2) return ((low >>> 13) & 0xff) * 0x100000 + (low >>> 22) * 1024 + ((lo >>> 12) & 1023);
    return gfnOfEntry(this.entryHi[2]!, low & ~0x1fffff) + ((lo >>> 12) & 511);
  }
}

/** FNAME(gpte_access) of 2.6.26; write and user of it are what 2.6.24 keeps as inherited_ar. */
export const accessOfEntry = (high: number, low: number, noExecute: boolean): number =>
  (low & (ACC.WRITE | ACC.USER)) | (noExecute && (high & PTE.NX_HI) !== 0 ? 0 : ACC.EXEC);
