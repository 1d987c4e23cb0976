import { STEP } from '../../../cost/steps.ts';
import { PTE } from '../../../spec/paging.ts';
import { indexOf } from '../nested-tables.ts';
import { spteAt } from '../shadow-pages.ts';
import { ACC, addressHi, addressLo, frameOfEntry, gfnOfEntry, TABLE_ENTRY } from './entry.ts';
import { getPage } from './get-page.ts';
import type { Mmu2007 } from './mmu.ts';
import { type LeafRequest, setSpte } from './set-spte.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';

/** The guest's tables changed while they were walked: the fault is to be taken again. */
export const FETCH_RACED = 0;
export const FETCH_DONE = 1;
/** The entry is read-only because its frame is a shadowed page table, and the fault was a write. */
export const FETCH_PT_WRITE = 2;

/**
 * FNAME(fetch): the shadow pages between the root and the leaf are looked up or made, and the leaf entry is filled, as the walk before
 * has found the guest's tables. `spte` of the answer: the leaf's place.
 */
export class Fetch {
  spte = 0;
  private readonly mmu: Mmu2007;
  private readonly leaf: LeafRequest;

  constructor(mmu: Mmu2007, leaf: LeafRequest) {
    this.mmu = mmu;
    this.leaf = leaf;
  }

  run(vcpu: VcpuMmu, hi: number, lo: number, error: number, frame: number): number {
    const { mmu, leaf } = this;
    const { walk } = vcpu;
    const { is2008 } = mmu.rules;
    // 2.6.26 gives pages at all levels what the upper entries allow together; 2.6.24 has that in the leaf alone.
    let access = walk.upperAccess;
    let page = vcpu.root(vcpu.shadowRootLevel === 4 ? 0 : lo >>> 30);
    for (let level = vcpu.shadowRootLevel === 4 ? 4 : 2; ; level--) {
      mmu.paths.add(STEP.paging64_fetch);
      const spte = spteAt(page, indexOf(level, hi, lo));
      if (level === 1) {
        this.spte = spte;
        break;
      }
      const entryLo = mmu.lo(spte);
      const entryHi = mmu.hi(spte);
      if (mmu.isPresent(entryHi, entryLo)) {
        page = mmu.pages.of(frameOfEntry(entryHi, entryLo));
        continue;
      }
      const isLarge = level === 2 && walk.level === 2;
      if (isLarge && (walk.entryLo[2]! & PTE.D) === 0) access &= ~ACC.WRITE;
      const gfn = isLarge ? gfnOfEntry(walk.entryHi[2]!, walk.entryLo[2]!) : walk.tableGfn[level - 1]!;
      page = getPage(mmu, vcpu, gfn, lo, level - 1, isLarge ? 1 : 0, this.roleAccess(isLarge, access, vcpu), spte);
      if (is2008 && !isLarge && this.hasChanged(vcpu, level - 1)) return FETCH_RACED;
      const child = mmu.pages.frame[page]!;
      mmu.set(spte, addressHi(child), addressLo(child) | TABLE_ENTRY);
    }
    leaf.gfn = walk.gfn;
    leaf.frame = frame;
    leaf.error = error;
    leaf.dirty = (walk.entryLo[walk.level]! & PTE.D) !== 0;
    leaf.access = is2008 ? walk.access & access : this.access2007(vcpu);
    return setSpte(mmu, vcpu, this.spte, leaf) ? FETCH_PT_WRITE : FETCH_DONE;
  }

  /** Write and user of all levels; execution is what the leaf says alone, whether EFER.NXE is on or not. */
  private access2007({ walk }: VcpuMmu): number {
    const noExecute = (walk.entryHi[walk.level]! & PTE.NX_HI) !== 0;
    return (walk.access & (ACC.WRITE | ACC.USER)) | (noExecute ? 0 : ACC.EXEC);
  }

  /**
   * role.access. 2.6.24 (hugepage_access): of a large page's own entry, write and user moved down by one, and execute-disable put on the
   * same bit as user; 0 for tables.
   */
  private roleAccess(isLarge: boolean, access: number, { walk }: VcpuMmu): number {
    if (this.mmu.rules.is2008) return access;
    if (!isLarge) return 0;
    const noExecute = (walk.entryHi[2]! & PTE.NX_HI) !== 0;
    return ((walk.entryLo[2]! & (PTE.W | PTE.U)) | (noExecute ? PTE.U : 0)) >> 1;
  }

  /** The guest's entry of a level is not what the walk has read: another vCPU wrote it before it was write-protected. */
  private hasChanged({ walk, rootLevel }: VcpuMmu, level: number): boolean {
    const { kvm, memory, paths } = this.mmu;
    paths.add(STEP.kvm_read_guest_atomic);
    const frame = kvm.ram.frame(walk.tableGfn[level]!, false);
    const words = rootLevel === 2 ? 1 : 2;
    const at = walk.index[level]! * words;
    if (frame < 0 || memory.word(frame, at) !== walk.entryLo[level]) return true;
    return words === 2 && memory.word(frame, at + 1) !== walk.entryHi[level];
  }
}
