import type { PathTable } from '../../../cost/paths.ts';
import { STEP } from '../../../cost/steps.ts';
import type { HostMemory } from '../../../memory/host-memory.ts';
import { PTE } from '../../../spec/paging.ts';
import type { Kvm } from '../../kvm.ts';
import { Rmap } from '../rmap.ts';
import { indexOfSpte, pageOfSpte, ShadowPages } from '../shadow-pages.ts';
import { IO_MARK } from './entry.ts';
import { type Rules, rulesOf } from './rules.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';

/** What every part of this MMU works on: the VM's shadow pages and reverse maps, the rules of its kernel, and who is at work. */
export class Mmu2007 {
  readonly kvm: Kvm;
  readonly memory: HostMemory;
  readonly rules: Rules;
  readonly pages: ShadowPages;
  readonly rmap: Rmap;
  readonly vcpus: VcpuMmu[] = [];
  /** Who pays for what is done now: a vCPU, or the host while `acting` is null. */
  paths: PathTable;
  acting: VcpuMmu | null = null;
  /** mmu_unshadow() met a root in use, which a zap leaves in the hash: 2.6.24 never comes out of that loop. */
  hangs = false;
  /** Memslots with an entry made writable since write access was last removed, a bit each. */
  writableSlots = 0;

  constructor(kvm: Kvm) {
    this.kvm = kvm;
    this.memory = kvm.memory;
    this.rules = rulesOf(kvm.policy, kvm.config.vendor === 'intel');
    this.pages = new ShadowPages(kvm.memory);
    this.rmap = new Rmap(this.pages.chains);
    this.paths = kvm.hostPaths;
  }

  /** The steps that follow are this vCPU's. */
  actFor(mmu: VcpuMmu): void {
    this.acting = mmu;
    this.paths = mmu.vcpu.paths;
  }

  actForHost(): void {
    this.acting = null;
    this.paths = this.kvm.hostPaths;
  }

  count(stat: number): void {
    this.kvm.stats[stat]!++;
  }

  lo(spte: number): number {
    return this.pages.entryLo(pageOfSpte(spte), indexOfSpte(spte));
  }

  hi(spte: number): number {
    return this.pages.entryHi(pageOfSpte(spte), indexOfSpte(spte));
  }

  set(spte: number, hi: number, lo: number): void {
    this.pages.setEntry(pageOfSpte(spte), indexOfSpte(spte), hi, lo);
  }

  /** An entry that maps nothing and exits: what every zap leaves, since KVM did not look at the guest's entry. */
  setTrap(spte: number): void {
    this.set(spte, this.rules.trapHi, this.rules.trapLo);
  }

  /** is_shadow_present_pte: neither trap nor notrap, whatever the I/O mark says. */
  isPresent(hi: number, lo: number): boolean {
    const plain = lo & ~IO_MARK;
    if (hi === 0 && plain === 0) return false;
    return hi !== this.rules.trapHi || plain !== this.rules.trapLo;
  }

  /** is_rmap_pte: 2.6.24 keeps only writable entries in the reverse map, 2.6.26 all that are present. */
  isMapped(hi: number, lo: number): boolean {
    if (this.rules.is2008) return this.isPresent(hi, lo);
    return (lo & (PTE.P | PTE.W)) === (PTE.P | PTE.W);
  }

  /** gfn_to_memslot() and what is behind it: the host frame, or -1 where there is no memory. */
  hostFrame(gfn: number): number {
    const { is2008 } = this.rules;
    this.paths.add(STEP.gfn_to_page);
    if (is2008) {
      this.paths.add(STEP['mmap_sem.read']);
      this.paths.add(STEP.get_user_pages);
    }
    return this.kvm.ram.frame(gfn, true);
  }

  /** Shadow pages this VM may have: KVM_NUM_MMU_PAGES; in 2.6.26 2 % of the pages of its memslots, 64 at least. */
  pageLimit(): number {
    if (!this.rules.is2008) return 1024;
    const { pages } = this.kvm.slots.table;
    let slotPages = 0;
    for (let row = 0; row < pages.length; row++) slotPages += pages[row]!;
    return Math.max(64, Math.floor((slotPages * 20) / 1000));
  }

  markDirty(gfn: number): void {
    this.paths.add(STEP.mark_page_dirty);
    this.kvm.ram.markDirty(gfn);
  }

  /** kvm_flush_remote_tlbs: a flush is requested of every vCPU; those that run are interrupted. The caller's is made at its entry. */
  flushRemoteTlbs(): void {
    const { acting } = this;
    if (acting === null) {
      for (const mmu of this.vcpus) mmu.vcpu.requestFlush();
      return;
    }
    acting.wantsFlush = true;
    this.kvm.requestFlushFrom(acting.vcpu);
  }

  /**
   * kvm_x86_ops->tlb_flush. 2.6.24 does nothing on Intel, where every entry and exit drops the guest's translations; with a VPID it is
   * INVVPID; AMD takes a new ASID.
   */
  flushTlb(mmu: VcpuMmu): void {
    mmu.wantsFlush = false;
    mmu.vcpu.flushNow(true);
  }

  /** Another vCPU may run here; then this one goes on. */
  passWindow(window: number, mmu: VcpuMmu): void {
    this.kvm.passWindow(window, mmu.vcpu);
    this.actFor(mmu);
  }
}
