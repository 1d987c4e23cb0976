import type { StateSet } from '../../base/state.ts';
import { ERRNO } from '../io/errno.ts';
import { checkRegion, type MemoryRegion } from './check-region.ts';
import { SlotGenerations } from './generation.ts';
import type { SlotObserver } from './slot-observer.ts';
import type { SlotPolicy } from './slot-policy.ts';
import { SLOT_FLAG, SlotTable } from './slot-table.ts';

/** The memslots of one VM and the ioctls on them (virt/kvm/kvm_main.c). */
export class Memslots {
  readonly table: SlotTable;
  readonly generations: SlotGenerations;
  readonly policy: SlotPolicy;
  /** Swaps the last `setRegion` made, failed ones too: each waits for an expedited SRCU grace period. */
  lastSwaps = 0;
  readonly observer: SlotObserver;

  constructor(policy: SlotPolicy, observer: SlotObserver) {
    this.policy = policy;
    this.observer = observer;
    this.table = new SlotTable(policy.addressSpaces);
    this.generations = new SlotGenerations(policy);
  }

  /** The generation is state: a loop that changes slots has no fixed point. */
  register(state: StateSet): void {
    state.addState(() => [this.generations.words, ...this.table.columns()]);
  }

  /** Row of the slot that holds a guest frame, or -1 (gfn_to_memslot). */
  find(space: number, gfn: number): number {
    return this.table.find(space, gfn);
  }

  /**
   * KVM_SET_USER_MEMORY_REGION: OK; EINVAL for an argument KVM refuses; EEXIST when the range overlaps another slot of the space.
   */
  setRegion(region: MemoryRegion): number {
    this.lastSwaps = 0;
    const checked = checkRegion(region, this.policy);
    if (checked !== ERRNO.OK) return checked;
    const row = this.table.rowOf(region.slot >>> 16, region.slot & 0xffff);
    const pages = Number(region.size >> 12n);
    const result =
      pages === 0 ? this.delete(row) : row < 0 ? this.create(region, pages) : this.change(row, region, pages);
    return result;
  }

  private delete(row: number): number {
    if (row < 0) return ERRNO.EINVAL;
    this.invalidate(row);
    const space = this.table.space[row]!;
    const old = this.table.flags[row]!;
    this.table.remove(row);
    this.swap(space);
    this.noteLogging(old, 0);
    return ERRNO.OK;
  }

  private create(region: MemoryRegion, pages: number): number {
    const space = region.slot >>> 16;
    const baseGfn = Number(region.gpa >> 12n);
    if (this.table.overlaps(space, baseGfn, pages, -1)) return ERRNO.EEXIST;
    if (baseGfn + pages - 1 > this.policy.maxGfn) return ERRNO.EINVAL;
    const hvaPage = Number(region.hva >> 12n);
    const row = this.table.add(space, region.slot & 0xffff, region.flags, baseGfn, pages, hvaPage);
    this.fitBitmap(row);
    this.swap(space);
    this.noteLogging(0, region.flags);
    return ERRNO.OK;
  }

  /** An existing slot: only its place and LOG_DIRTY may change. */
  private change(row: number, region: MemoryRegion, pages: number): number {
    const { table } = this;
    const baseGfn = Number(region.gpa >> 12n);
    const old = table.flags[row]!;
    const toggled = old ^ region.flags;
    if ((region.flags & SLOT_FLAG.GUEST_MEMFD) !== 0) return ERRNO.EINVAL;
    if (Number(region.hva >> 12n) !== table.hvaPage[row] || pages !== table.pages[row]) return ERRNO.EINVAL;
    if ((toggled & ~SLOT_FLAG.LOG_DIRTY) !== 0) return ERRNO.EINVAL;
    if (baseGfn !== table.baseGfn[row]) return this.move(row, region, baseGfn, pages);
    if (toggled === 0) return ERRNO.OK;
    this.setFlags(row, region.flags);
    this.swap(table.space[row]!);
    this.noteLogging(old, region.flags);
    if ((region.flags & SLOT_FLAG.LOG_DIRTY) !== 0) this.observer.dirtyLogEnabled(row);
    else this.observer.dirtyLogDisabled(row);
    return ERRNO.OK;
  }

  /** Refused only after the slot was invalidated, so that a failing MOVE costs a zap and two swaps as well. */
  private move(row: number, region: MemoryRegion, baseGfn: number, pages: number): number {
    const space = this.table.space[row]!;
    const old = this.table.flags[row]!;
    if (this.table.overlaps(space, baseGfn, pages, row)) return ERRNO.EEXIST;
    this.invalidate(row);
    const fits = baseGfn + pages - 1 <= this.policy.maxGfn;
    this.table.flags[row]! &= ~SLOT_FLAG.INVALID;
    if (fits) {
      this.table.move(row, baseGfn);
      this.setFlags(row, region.flags);
    }
    this.swap(space);
    if (!fits) return ERRNO.EINVAL;
    this.noteLogging(old, region.flags);
    return ERRNO.OK;
  }

  /** The head of kvm_mmu_slot_apply_flags: for every kind of change, whether the VM logs at all may have changed. */
  private noteLogging(old: number, flags: number): void {
    if (((old ^ flags) & SLOT_FLAG.LOG_DIRTY) !== 0) this.observer.dirtyLoggingChanged();
  }

  /** kvm_invalidate_memslot: publishes the slot as INVALID and has its translations dropped. */
  private invalidate(row: number): void {
    const { table } = this;
    table.flags[row]! |= SLOT_FLAG.INVALID;
    this.swap(table.space[row]!);
    if (this.policy.zapAll) this.observer.zapAllRoots();
    else this.observer.zapRange(table.space[row]!, table.baseGfn[row]!, table.pages[row]!);
  }

  /** kvm_swap_active_memslots. */
  private swap(space: number): void {
    this.lastSwaps++;
    this.generations.begin(space);
    if (this.generations.end(space)) this.observer.zapAllRoots();
    this.observer.swapped(space);
  }

  private setFlags(row: number, flags: number): void {
    this.table.flags[row] = flags;
    this.fitBitmap(row);
  }

  /** A slot that logs has a bitmap; a new one is all clear, an old one stays. */
  private fitBitmap(row: number): void {
    const logs = (this.table.flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0;
    if (!logs) this.table.bitmaps[row] = undefined;
    else this.table.bitmaps[row] ??= new Uint32Array(Math.ceil(this.table.pages[row]! / 64) * 2);
  }
}
