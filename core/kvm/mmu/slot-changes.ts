import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import type { Kvm } from '../kvm.ts';
import { LOCK } from '../locks.ts';
import type { SlotObserver } from '../memslots/slot-observer.ts';
import { LEVEL, writeProtected } from './spte.ts';

/**
 * What changes of the memslots and of dirty logging do to the nested tables (virt/kvm/kvm_main.c, arch/x86/kvm/mmu/mmu.c). Steps are charged to the
 * host's account; what vCPUs have to do is requested from them and done when the ioctl is over.
 */
export class SlotChanges implements SlotObserver {
  private readonly kvm: Kvm;

  constructor(kvm: Kvm) {
    this.kvm = kvm;
  }

  zapAllRoots(): void {
    const { kvm } = this;
    this.lock();
    kvm.hostPaths.add(STEP.kvm_mmu_zap_all_fast);
    if (kvm.recorder.on) kvm.recorder.emit(EVENT.kvm_mmu_zap_all_fast, 0, 0, 0, 0);
    if (kvm.shadow === null) kvm.invalidateRoot();
    else {
      kvm.shadow.zapAll();
      for (const vcpu of kvm.vcpus) vcpu.requestReload();
    }
    this.unlock();
  }

  zapRange(_space: number, baseGfn: number, pages: number): void {
    const { kvm } = this;
    this.lock();
    const zapped = kvm.zapMapped(baseGfn, baseGfn + pages);
    kvm.hostPaths.addMany(STEP.kvm_mmu_zap_spte, zapped);
    if (zapped > 0) kvm.flushRemoteTlbs();
    this.unlock();
  }

  dirtyLoggingChanged(): void {
    this.kvm.updateDirtyLogging();
  }

  /** Huge pages are split (or lose write permission as a whole); then D bits are cleared, or write permission is withheld. */
  dirtyLogEnabled(row: number): void {
    const { kvm } = this;
    const { mmu } = kvm;
    const [from, to] = this.rangeOf(row);
    if (kvm.shadow === null && kvm.policy.eagerPageSplit && kvm.policy.mmu === 'tdp-mmu') this.splitAll(from, to);
    const dirty = mmu.tables.bits.dirtyLo;
    const changed =
      kvm.shadow !== null
        ? kvm.shadow.writeProtect(from, to)
        : kvm.logsByPml
          ? mmu.changeLeaves(from, to, (lo, level) => (level === LEVEL.P4K ? lo & ~dirty : writeProtected(lo)))
          : mmu.changeLeaves(from, to, writeProtected);
    this.lock();
    kvm.hostPaths.addMany(STEP.kvm_mmu_slot_dirty_log, changed);
    kvm.flushRemoteTlbs();
    this.unlock();
  }

  /** kvm_mmu_recover_huge_pages: small leaves that a huge one could replace are dropped; faults bring the huge one. */
  dirtyLogDisabled(row: number): void {
    const { kvm } = this;
    const { hvaPage } = kvm.slots.table;
    if (kvm.hostMm.level(hvaPage[row]!) === LEVEL.P4K) return;
    const [from, to] = this.rangeOf(row);
    const zapped = kvm.shadow === null ? kvm.mmu.zapLeaves(from, to) : kvm.shadow.zapCollapsible(from, to);
    this.lock();
    kvm.hostPaths.addMany(STEP.kvm_mmu_zap_spte, zapped);
    if (zapped > 0) kvm.flushRemoteTlbs();
    this.unlock();
  }

  dirtyLogTaken(row: number, word: number, mask: number): void {
    const { kvm } = this;
    const base = kvm.slots.table.baseGfn[row]! + word * 32;
    for (let bit = 0; bit < 32; bit++) {
      if ((mask & (1 << bit)) === 0) continue;
      kvm.hostPaths.addMany(STEP.kvm_mmu_slot_dirty_log, this.protectPage(base + bit));
    }
  }

  flushAfterDirtyLog(): void {
    this.kvm.flushRemoteTlbs();
  }

  swapped(): void {
    this.kvm.countSlots();
    this.kvm.kickAll();
  }

  /** mmu_lock, taken for writing. */
  private lock(): void {
    const { kvm } = this;
    kvm.locks?.acquire(LOCK.mmu_lock, true);
    kvm.hostPaths.add(STEP['mmu_lock.write']);
  }

  private unlock(): void {
    this.kvm.locks?.release(LOCK.mmu_lock);
  }

  /** What a page needs so that the next write to it is noticed. Returns the SPTEs changed. */
  private protectPage(gfn: number): number {
    const { kvm } = this;
    const dirty = kvm.mmu.tables.bits.dirtyLo;
    if (kvm.shadow !== null) return kvm.shadow.writeProtect(gfn, gfn + 1);
    return kvm.mmu.changeLeaves(gfn, gfn + 1, kvm.logsByPml ? (lo) => lo & ~dirty : writeProtected);
  }

  private rangeOf(row: number): readonly [number, number] {
    const { baseGfn, pages } = this.kvm.slots.table;
    return [baseGfn[row]!, baseGfn[row]! + pages[row]!];
  }

  /** Eager page splitting: every huge leaf of the range becomes 4 KiB leaves. */
  private splitAll(from: number, to: number): void {
    const { kvm } = this;
    const { tables } = kvm.mmu;
    for (;;) {
      const large: number[] = [];
      tables.eachLeaf(kvm.mmu.root(), from, to, (_table, _index, level, gfn) => {
        if (level > LEVEL.P4K) large.push(gfn);
      });
      if (large.length === 0) return;
      for (const gfn of large) {
        tables.walk(kvm.mmu.root(), Math.floor(gfn / 0x100000), (gfn % 0x100000) << 12, LEVEL.P4K);
        kvm.mmu.splitLeaf();
      }
      kvm.hostPaths.addMany(STEP.tdp_mmu_link_sp, large.length);
    }
  }
}
