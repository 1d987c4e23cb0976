import type { PathTable } from '../../../cost/paths.ts';
import { STEP } from '../../../cost/steps.ts';
import type { Kvm } from '../../kvm.ts';
import { LOCK } from '../../locks.ts';
import { STAT } from '../../stats.ts';
import type { Vcpu } from '../../vcpu.ts';
import { Rmap } from '../rmap.ts';
import { ShadowPages } from '../shadow-pages.ts';
import { Leaf } from './set-spte.ts';
import { Translations } from './translations.ts';
import { UnsyncMarks } from './unsync-marks.ts';
import { REQUEST, VcpuRoots } from './vcpu-roots.ts';

const STAT_OF_LEVEL = [0, STAT.pages_4k, STAT.pages_2m, STAT.pages_1g] as const;
/** KVM_MIN_ALLOC_MMU_PAGES and KVM_PERMILLE_MMU_PAGES. */
const LEAST_PAGES = 64;
const PERMILLE = 20;

/** What the parts of the shadow MMU share: the pages of the VM, the vCPUs' roots, and on whose behalf the code runs. */
export class ShadowContext {
  readonly kvm: Kvm;
  readonly pages: ShadowPages;
  readonly rmap: Rmap;
  readonly marks: UnsyncMarks;
  readonly translations: Translations;
  readonly roots: VcpuRoots[] = [];
  /** The vCPU the code runs for; null for the host. */
  vcpu: Vcpu | null = null;
  /** Ledger that pays. */
  paths: PathTable;
  /** kvm->arch.indirect_shadow_pages. */
  indirect = 0;
  /** Pages zapped and not freed yet: the invalid_list of the calls under way. */
  readonly doomed: number[] = [];
  /** Reused: the leaf that is set, the one that is synchronised, and the unsync pages of one pass. */
  readonly leaf = new Leaf();
  readonly syncLeaf = new Leaf();
  readonly found = new Int32Array(16);
  /** A page that maps nothing: the root for a CR3 that points to no memory (kvm_mmu_get_dummy_root). */
  private dummy = 0;
  private limitAt = -1;
  private limit = 0;

  constructor(kvm: Kvm) {
    this.kvm = kvm;
    this.paths = kvm.hostPaths;
    this.pages = new ShadowPages(kvm.memory);
    this.rmap = new Rmap(this.pages.chains);
    this.marks = new UnsyncMarks(this.pages);
    this.translations = new Translations(this.pages);
  }

  /** The code runs for a vCPU from here on. */
  enter(vcpu: Vcpu): VcpuRoots {
    this.vcpu = vcpu;
    this.paths = vcpu.paths;
    return this.rootsOf(vcpu);
  }

  /** The code runs for the host. */
  enterHost(): void {
    this.vcpu = null;
    this.paths = this.kvm.hostPaths;
  }

  rootsOf(vcpu: Vcpu): VcpuRoots {
    return (this.roots[vcpu.id] ??= new VcpuRoots());
  }

  dummyRoot(): number {
    if (this.dummy === 0) this.dummy = this.kvm.memory.allocFrame();
    return this.dummy;
  }

  /** kvm_flush_remote_tlbs: every vCPU flushes before it enters the guest again. */
  flushRemote(): void {
    if (this.vcpu === null) {
      this.kvm.flushRemoteTlbs();
      return;
    }
    this.rootsOf(this.vcpu).request(REQUEST.FLUSH_ALL);
    this.kvm.requestFlushFrom(this.vcpu);
  }

  /** An SPTE of a level came (1) or went (-1): pages_4k, pages_2m, pages_1g. */
  countLeaf(level: number, by: number): void {
    this.kvm.stats[STAT_OF_LEVEL[level]!]! += by;
  }

  /** kvm_mmu_available_pages. */
  availablePages(): number {
    const { kvm } = this;
    if (kvm.config.mmuPages !== undefined) return kvm.config.mmuPages - this.pages.count;
    const generation = kvm.generationWord();
    if (this.limitAt !== generation) {
      const { pages, space } = kvm.slots.table;
      const total = pages.reduce((sum, length, row) => (space[row] === 0 ? sum + length : sum), 0);
      this.limit = Math.max(LEAST_PAGES, Math.floor((total * PERMILLE) / 1000));
      this.limitAt = generation;
    }
    return this.limit - this.pages.count;
  }

  /** mmu_lock, taken for writing. */
  lock(): void {
    this.kvm.locks?.acquire(LOCK.mmu_lock, true);
    this.paths.add(STEP['mmu_lock.write']);
  }

  unlock(): void {
    this.kvm.locks?.release(LOCK.mmu_lock);
  }
}

/** High and low word of a guest frame number, for events. */
export const gfnHi = (gfn: number): number => (gfn / 0x1_0000_0000) | 0;
export const gfnLo = (gfn: number): number => gfn | 0;
