import { wordsToPage } from '../../../base/words.ts';
import { STEP } from '../../../cost/steps.ts';
import { CR4, REG } from '../../../guest/registers.ts';
import { PTE } from '../../../spec/paging.ts';
import { STAT } from '../../stats.ts';
import { spteAt } from '../shadow-pages.ts';
import { ACC, accessOf, frameOfEntry, glevelsOf, gfnOfEntry, isMetaphysical, levelOf, quadrantOf } from './entry.ts';
import type { Mmu2007 } from './mmu.ts';
import { rmapRemove } from './rmap.ts';
import { type LeafRequest, setSpte } from './set-spte.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';
import { accessOfEntry } from './walk.ts';
import { freeSomePages, zapPage } from './zap.ts';

/** Writes in a row to one table, with nothing between that resets the count, after which it is taken for no table any more. */
const FLOOD = 3;

/**
 * kvm_mmu_pte_write: what a write to a guest table means for the shadow pages of it. One that is not of a whole entry, or the third in a
 * row, zaps them; else the entries are zapped, and filled again at once where it is a leaf table's and the new value allows it.
 */
export class PteWrite {
  private readonly mmu: Mmu2007;
  private readonly leaf: LeafRequest;
  /** The guest's new entry. */
  private newLo = 0;
  private newHi = 0;
  /** update_pte.gfn and .pfn of 2.6.26: looked up before mmu_lock is taken. */
  private guessedGfn = -1;
  private guessedFrame = -1;

  constructor(mmu: Mmu2007, leaf: LeafRequest) {
    this.mmu = mmu;
    this.leaf = leaf;
  }

  /** `bytes` of guest memory were stored within one page; memory holds them. */
  written(vcpu: VcpuMmu, gpaHi: number, gpaLo: number, bytes: number): void {
    const { mmu } = this;
    const { is2008 } = mmu.rules;
    const gfn = wordsToPage(gpaHi, gpaLo);
    const offset = gpaLo & 0xfff;
    mmu.paths.add(STEP.kvm_mmu_pte_write);
    if (is2008) {
      this.guess(vcpu, gfn, offset, bytes);
      mmu.paths.add(STEP['mmu_lock.write']);
      freeSomePages(mmu);
    }
    const flooded = this.countWrite(vcpu, gfn);
    let page = mmu.pages.first(gfn);
    mmu.count(STAT.mmu_pte_write);
    while (page !== 0) {
      const next = mmu.pages.next(page);
      if (!isMetaphysical(mmu.pages.role[page]!)) this.change(vcpu, page, offset, bytes, flooded);
      page = next;
    }
    this.guessedFrame = -1;
  }

  /** The count goes on where the same table is written. 2.6.26: only if the guest has not used the entry that was filled last. */
  private countWrite(vcpu: VcpuMmu, gfn: number): boolean {
    const { mmu } = this;
    const used = vcpu.lastUpdated !== 0 && (mmu.lo(vcpu.lastUpdated) & PTE.A) !== 0;
    if (gfn === vcpu.floodFrame && !used) {
      vcpu.floodCount++;
      return vcpu.floodCount >= FLOOD;
    }
    vcpu.floodFrame = gfn;
    vcpu.floodCount = 1;
    vcpu.lastUpdated = 0;
    return false;
  }

  private change(vcpu: VcpuMmu, page: number, offset: number, bytes: number, flooded: boolean): void {
    const { mmu } = this;
    const role = mmu.pages.role[page]!;
    const is32 = glevelsOf(role) === 2;
    const size = is32 ? 4 : 8;
    mmu.paths.add(STEP['kvm_mmu_pte_write.sp']);
    const straddles = ((offset ^ (offset + bytes - 1)) & ~(size - 1)) !== 0;
    if (straddles || bytes < 4 || flooded) {
      zapPage(mmu, page);
      mmu.count(STAT.mmu_flooded);
      return;
    }
    // A shadow table has half the entries of a 32-bit guest's, and a shadow directory a quarter: each of its entries maps half of 4 MiB.
    let at = offset;
    let entries = 1;
    if (is32) {
      at <<= 1;
      if (levelOf(role) === 2) {
        at = (at & ~7) << 1;
        entries = 2;
      }
      if (at >>> 12 !== quadrantOf(role)) return;
      at &= 0xfff;
    }
    this.read(mmu.pages.gfn[page]!, offset & ~(size - 1), size);
    for (let i = 0; i < entries; i++)
      this.changeEntry(vcpu, page, spteAt(page, (at >>> 3) + i), offset & (size - 1), bytes, size);
  }

  private changeEntry(vcpu: VcpuMmu, page: number, spte: number, offset: number, bytes: number, size: number): void {
    const { mmu } = this;
    const { is2008 } = mmu.rules;
    const isLeaf = levelOf(mmu.pages.role[page]!) === 1;
    const oldLo = mmu.lo(spte);
    const oldHi = mmu.hi(spte);
    this.zapEntry(spte, oldHi, oldLo, isLeaf);
    if (!is2008) mmu.flushRemoteTlbs();
    if (!isLeaf) mmu.count(STAT.mmu_pde_zapped);
    else if (is2008) this.update2008(vcpu, page, spte);
    else this.update2007(vcpu, spte, offset, bytes, size);
    if (is2008) this.flush(vcpu, spte, oldHi, oldLo);
  }

  /** mmu_pte_write_zap_pte. */
  private zapEntry(spte: number, hi: number, lo: number, isLeaf: boolean): void {
    const { mmu } = this;
    mmu.paths.add(STEP.mmu_pte_write_zap_pte);
    if (mmu.isPresent(hi, lo)) {
      if (isLeaf) rmapRemove(mmu, spte);
      else mmu.pages.removeParent(mmu.pages.of(frameOfEntry(hi, lo)), spte);
    }
    mmu.setTrap(spte);
  }

  /**
   * FNAME(update_pte) of 2.6.24 and of the posted patch: it sees the bytes written, from their own beginning. Absent is believed only of
   * what begins where the entry begins; present only of a whole entry that the guest has marked accessed. Upper levels' rights are not known here.
   */
  private update2007(vcpu: VcpuMmu, spte: number, offset: number, bytes: number, size: number): void {
    const { leaf, mmu } = this;
    mmu.count(STAT.mmu_pte_updated);
    mmu.paths.add(STEP.paging64_update_pte);
    const begins = this.newWord(offset);
    if ((begins & PTE.P) === 0 || (begins & PTE.A) === 0) {
      if (offset === 0 && (begins & PTE.P) === 0) mmu.set(spte, 0, 0);
      return;
    }
    if (bytes < size) return;
    leaf.gfn = gfnOfEntry(this.newHi, this.newLo);
    leaf.frame = mmu.hostFrame(leaf.gfn);
    const noExecute = (this.newHi & PTE.NX_HI) !== 0;
    leaf.access = (this.newLo & (ACC.WRITE | ACC.USER)) | (noExecute ? 0 : ACC.EXEC);
    leaf.dirty = (this.newLo & PTE.D) !== 0;
    leaf.error = 0;
    setSpte(mmu, vcpu, spte, leaf);
  }

  /** The same of 2.6.26: the whole entry is looked at, whatever part of it was written, with the rights of the page's role. */
  private update2008(vcpu: VcpuMmu, page: number, spte: number): void {
    const { leaf, mmu } = this;
    mmu.count(STAT.mmu_pte_updated);
    mmu.paths.add(STEP.paging64_update_pte);
    if ((this.newLo & PTE.P) === 0) {
      mmu.set(spte, 0, 0);
      return;
    }
    if ((this.newLo & PTE.A) === 0) return;
    const gfn = gfnOfEntry(this.newHi, this.newLo);
    if (gfn !== this.guessedGfn || this.guessedFrame < 0) return;
    leaf.gfn = gfn;
    leaf.frame = this.guessedFrame;
    leaf.access = accessOf(mmu.pages.role[page]!) & accessOfEntry(this.newHi, this.newLo, vcpu.walk.noExecute);
    leaf.dirty = (this.newLo & PTE.D) !== 0;
    leaf.error = 0;
    setSpte(mmu, vcpu, spte, leaf);
  }

  /** mmu_pte_write_flush_tlb: the others are interrupted only where rights were lost or the page is another one. */
  private flush(vcpu: VcpuMmu, spte: number, oldHi: number, oldLo: number): void {
    const { mmu } = this;
    if (this.needsRemoteFlush(mmu.hi(spte), mmu.lo(spte), oldHi, oldLo)) mmu.flushRemoteTlbs();
    else mmu.flushTlb(vcpu);
  }

  private needsRemoteFlush(hi: number, lo: number, oldHi: number, oldLo: number): boolean {
    const { mmu } = this;
    if (!mmu.isPresent(oldHi, oldLo)) return false;
    if (!mmu.isPresent(hi, lo) || frameOfEntry(hi, lo) !== frameOfEntry(oldHi, oldLo)) return true;
    const lost = oldLo & ~lo & (PTE.P | PTE.W | PTE.U);
    return lost !== 0 || (hi & ~oldHi & PTE.NX_HI) !== 0;
  }

  /** The 32 bits of the guest's entry from a byte on (0 to 4). */
  private newWord(from: number): number {
    if (from === 0) return this.newLo;
    return from === 4 ? this.newHi : (this.newLo >>> (from * 8)) | (this.newHi << (32 - from * 8));
  }

  /** The guest's whole entry at an offset, as memory has it now. */
  private read(gfn: number, offset: number, size: number): void {
    const { kvm, memory } = this.mmu;
    const frame = kvm.ram.frame(gfn, false);
    this.newLo = frame < 0 ? 0 : memory.word(frame, offset >>> 2);
    this.newHi = frame < 0 || size === 4 ? 0 : memory.word(frame, (offset >>> 2) + 1);
  }

  /**
   * mmu_guess_page_from_pte_write: the page the new entry names, if the table is one of the vCPU's present mode, looked up while no spinlock
   * is held.
   */
  private guess(vcpu: VcpuMmu, gfn: number, offset: number, bytes: number): void {
    const { mmu } = this;
    this.guessedFrame = -1;
    mmu.paths.add(STEP.mmu_guess_page_from_pte_write);
    const isPae = (vcpu.vcpu.regs.at[REG.CR4]! & CR4.PAE) !== 0;
    const aligned = (bytes === 4 && offset % 4 === 0) || (isPae && bytes === 8 && offset % 8 === 0);
    if (!aligned) return;
    const size = isPae ? 8 : 4;
    this.read(gfn, offset & ~(size - 1), size);
    if ((this.newLo & PTE.P) === 0) return;
    this.guessedGfn = gfnOfEntry(this.newHi, this.newLo);
    this.guessedFrame = mmu.hostFrame(this.guessedGfn);
  }
}
