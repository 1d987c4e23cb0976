import { STEP } from '../cost/steps.ts';
import { EVENT } from '../events/kinds.ts';
import type { CoalescedZone } from './io/coalesced-zones.ts';
import { ERRNO } from './io/errno.ts';
import type { IoeventfdArgs } from './io/ioeventfd.ts';
import type { Kvm } from './kvm.ts';
import { LOCK } from './locks.ts';
import type { MemoryRegion } from './memslots/check-region.ts';
import { type DirtyLog, getDirtyLog } from './memslots/dirty-log.ts';
import { drainPml } from './run-loop/pml.ts';

/** Numbers of the `host` event. */
const HOST_EVENT = Object.freeze({ MEMORY_REGION: 1, IOEVENTFD: 2, COALESCED: 3, DIRTY_LOG: 4, INVALIDATE: 5 });

/**
 * The ioctls of the VM and the host's other doings as the ledger sees them. Each is one path of the host's account; what running vCPUs
 * have to do for it (flow F20) follows as paths of their own. Call them between two guest accesses.
 */

/** KVM_SET_USER_MEMORY_REGION: OK or an error number. */
export function setMemoryRegion(kvm: Kvm, region: MemoryRegion): number {
  kvm.locks?.acquire(LOCK.slots_lock, true);
  kvm.hostPaths.add(STEP['ioctl.memslot']);
  const result = kvm.slots.setRegion(region);
  // Before SRCU the slots were changed under a lock that vCPUs take too.
  if (kvm.policy.slotsGuard === 'srcu') synchronizeSrcu(kvm, kvm.slots.lastSwaps);
  kvm.locks?.release(LOCK.slots_lock);
  finish(kvm, HOST_EVENT.MEMORY_REGION);
  return result;
}

/** KVM_IOEVENTFD, both ways: OK or an error number. */
export function ioeventfd(kvm: Kvm, args: IoeventfdArgs): number {
  return busIoctl(kvm, HOST_EVENT.IOEVENTFD, () => kvm.ioeventfds.ioctl(args));
}

/** KVM_REGISTER_COALESCED_MMIO: OK or an error number. */
export function registerCoalesced(kvm: Kvm, zone: CoalescedZone): number {
  return busIoctl(kvm, HOST_EVENT.COALESCED, () => kvm.zones.register(zone));
}

/** KVM_UNREGISTER_COALESCED_MMIO: OK or an error number. */
export function unregisterCoalesced(kvm: Kvm, zone: CoalescedZone): number {
  return busIoctl(kvm, HOST_EVENT.COALESCED, () => kvm.zones.unregister(zone));
}

/** KVM_GET_DIRTY_LOG. Running vCPUs are kicked first, so that what their CPUs have logged is in the bitmap. */
export function dirtyLog(kvm: Kvm, slot: number): DirtyLog {
  if (kvm.logsByPml) for (const vcpu of kvm.vcpus) syncPml(kvm, vcpu);
  const log = getDirtyLog(kvm.slots, kvm.slotChanges, slot);
  if (log.errno === ERRNO.OK) {
    kvm.locks?.acquire(LOCK.mmu_lock, true);
    kvm.hostPaths.add(STEP['mmu_lock.write']);
    kvm.hostPaths.addMany(STEP['ioctl.get_dirty_log'], Math.ceil(log.bitmap.length / 2));
    kvm.locks?.release(LOCK.mmu_lock);
  }
  finish(kvm, HOST_EVENT.DIRTY_LOG);
  return log;
}

/**
 * The host takes pages of the VMM away (reclaim, swap, migration) and keeps their contents: kvm_mmu_notifier_invalidate_range_start for
 * every slot they back. `first` is a host virtual page.
 */
export function invalidateHva(kvm: Kvm, first: number, pages: number): void {
  // Without a notifier the pages are pinned: nobody takes them.
  if (!kvm.policy.mmuNotifier) return;
  const { baseGfn, hvaPage, pages: length } = kvm.slots.table;
  let zapped = 0;
  kvm.locks?.acquire(LOCK.mmu_lock, true);
  kvm.hostPaths.add(STEP['mmu_lock.write']);
  for (let row = 0; row < baseGfn.length; row++) {
    const from = Math.max(first, hvaPage[row]!);
    const to = Math.min(first + pages, hvaPage[row]! + length[row]!);
    const shift = baseGfn[row]! - hvaPage[row]!;
    if (from < to) zapped += kvm.zapMapped(from + shift, to + shift);
  }
  kvm.hostPaths.addMany(STEP.kvm_mmu_zap_spte, zapped);
  if (zapped > 0) kvm.flushRemoteTlbs();
  kvm.locks?.release(LOCK.mmu_lock);
  finish(kvm, HOST_EVENT.INVALIDATE);
  kvm.hostMm.reclaim(first, pages);
}

/** `invalidateHva` for the host pages behind guest frames, wherever slots hold them. */
export function reclaimGuest(kvm: Kvm, gfn: number, frames: number): void {
  const { baseGfn, hvaPage, pages } = kvm.slots.table;
  for (let row = 0; row < baseGfn.length; row++) {
    const from = Math.max(gfn, baseGfn[row]!);
    const to = Math.min(gfn + frames, baseGfn[row]! + pages[row]!);
    if (from < to) invalidateHva(kvm, hvaPage[row]! + from - baseGfn[row]!, to - from);
  }
}

function busIoctl(kvm: Kvm, event: number, ioctl: () => number): number {
  const { hostPaths, io } = kvm;
  const before = io.buses.reduce((sum, bus) => sum + bus.count, 0);
  io.srcu.fill(0);
  kvm.locks?.acquire(LOCK.slots_lock, true);
  const result = ioctl();
  hostPaths.add(STEP['ioctl.ioeventfd']);
  if (result === ERRNO.OK) hostPaths.addN(STEP.kvm_io_bus_register_dev, before + 1);
  if (io.srcu[0]! > 0) kvm.locks?.callSrcu();
  synchronizeSrcu(kvm, io.srcu[1]!);
  kvm.locks?.release(LOCK.slots_lock);
  finish(kvm, event);
  return result;
}

/** Expedited grace periods of kvm->srcu, waited for one after the other. */
function synchronizeSrcu({ hostPaths, locks }: Kvm, times: number): void {
  if (locks !== null) for (let n = 0; n < times; n++) locks.synchronizeSrcu();
  hostPaths.addN(STEP.synchronize_srcu_expedited, times);
}

function syncPml(kvm: Kvm, vcpu: Kvm['vcpus'][number]): void {
  if (kvm.started) {
    kvm.hostPaths.add(STEP.kvm_make_all_cpus_request);
    vcpu.requestKick();
    vcpu.serveRequests();
  } else {
    drainPml(vcpu);
    vcpu.paths.end();
  }
}

/** The vCPUs serve what was asked of them, each on a path of its own; then the host's path ends. */
function finish(kvm: Kvm, event: number): void {
  if (kvm.recorder.on) kvm.recorder.emit(EVENT.host, event, 0, 0, 0);
  // Running vCPUs come out when the kick reaches them.
  if (kvm.locks === null) for (const vcpu of kvm.vcpus) vcpu.serveRequests();
  kvm.hostPaths.end();
}
