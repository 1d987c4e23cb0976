import { wordsToPage } from '../../../base/words.ts';
import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import { CR0, CR4, REG } from '../../../guest/registers.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import { HVA_BAD } from '../../host-mm.ts';
import { SLOT_FLAG } from '../../memslots/slot-table.ts';
import { VECTOR } from '../../../spec/paging.ts';
import { STAT } from '../../stats.ts';
import type { Vcpu } from '../../vcpu.ts';
import { WINDOW } from '../../windows.ts';
import { ACC } from '../guest-walk.ts';
import { RET_PF } from '../ret-pf.ts';
import { LEVEL } from '../spte.ts';
import type { Fault } from './fault.ts';
import { directMap, fetch } from './fetch.ts';
import { cacheMmio, handleMmioFault } from './mmio-fault.ts';
import type { ShadowContext } from './shadow-context.ts';
import { makePagesAvailable } from './zap.ts';

const WALK_ACCESS = PFERR.W | PFERR.U | PFERR.FETCH;

/** kvm_mmu_page_fault up to its result: a reserved bit means an MMIO SPTE; anything else goes through the fault path. */
export function pageFault(c: ShadowContext, vcpu: Vcpu, fault: Fault, errorCode: number): number {
  const { levels } = c.rootsOf(vcpu);
  if (levels < 4) fault.hi = 0;
  if ((errorCode & PFERR.RSVD) !== 0) {
    const handled = handleMmioFault(c, vcpu, fault);
    if (handled !== RET_PF.INVALID) return handled;
  }
  c.kvm.stats[STAT.pf_taken]!++;
  const result = levels === 0 ? directFault(c, vcpu, fault, errorCode) : pagingFault(c, vcpu, fault, errorCode);
  if (result === RET_PF.EMULATE) c.kvm.stats[STAT.pf_emulate]!++;
  return result;
}

/** FNAME(page_fault). The bits of the error code that say what the access was are walked with; RSVD is none of them. */
function pagingFault(c: ShadowContext, vcpu: Vcpu, fault: Fault, errorCode: number): number {
  const { kvm } = c;
  const { walk } = vcpu;
  const { hi, lo } = fault;
  c.paths.add(STEP.paging64_page_fault);
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.kvm_mmu_pagetable_walk, errorCode & WALK_ACCESS, 0, hi, lo);
  const found = walk.walk(hi, lo, errorCode & WALK_ACCESS);
  c.paths.addN(STEP.paging64_walk_addr, walk.levels);
  c.paths.addN(STEP.paging64_update_accessed_dirty_bits, walk.updated);
  if (!found) {
    if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.kvm_mmu_walker_error, walk.errorCode, 0, 0, 0);
    vcpu.fault.set(VECTOR.PF, walk.errorCode, hi, lo);
    return RET_PF.INJECT;
  }
  kvm.stats[STAT.pf_host]!++;
  kvm.passWindow(WINDOW.walk_addr, vcpu);
  c.enter(vcpu);
  fault.gfn = wordsToPage(walk.gpaHi, walk.gpaLo);
  fault.row = vcpu.slotOf(fault.gfn);
  fault.access = walk.access;
  fault.maxLevel = walk.leaf;
  fault.isWrite = (errorCode & PFERR.W) !== 0;
  if (isTracked(c, fault, errorCode)) {
    clearFloods(c, vcpu, fault);
    return RET_PF.WRITE_PROTECTED;
  }
  c.paths.add(STEP.mmu_topup_memory_caches);
  const faulted = faultinPage(c, vcpu, fault, fault.access);
  if (faulted !== RET_PF.CONTINUE) return faulted;
  if (fault.isWrite && fault.row >= 0) ignoreReadOnly(vcpu, fault, errorCode);
  c.lock();
  makePagesAvailable(c);
  const fetched = fetch(c, vcpu, fault);
  c.unlock();
  return fetched;
}

/** nonpaging_page_fault, direct_page_fault: the linear address is the guest-physical one. Pages of 2 MiB at most. */
function directFault(c: ShadowContext, vcpu: Vcpu, fault: Fault, errorCode: number): number {
  c.paths.add(STEP.paging64_page_fault);
  c.kvm.stats[STAT.pf_host]!++;
  fault.gfn = fault.lo >>> 12;
  fault.row = vcpu.slotOf(fault.gfn);
  fault.access = ACC.ALL;
  fault.maxLevel = LEVEL.P2M;
  fault.isWrite = (errorCode & PFERR.W) !== 0;
  if (isTracked(c, fault, errorCode)) return RET_PF.WRITE_PROTECTED;
  c.paths.add(STEP.mmu_topup_memory_caches);
  const faulted = faultinPage(c, vcpu, fault, ACC.ALL);
  if (faulted !== RET_PF.CONTINUE) return faulted;
  c.lock();
  makePagesAvailable(c);
  const mapped = directMap(c, vcpu, fault);
  c.unlock();
  return mapped;
}

/** page_fault_handle_page_track: a write to a frame that is an upper table. Kernels without it find out when they set the SPTE. */
function isTracked(c: ShadowContext, fault: Fault, errorCode: number): boolean {
  if (!c.kvm.policy.pageTrack) return false;
  c.paths.add(STEP.page_fault_handle_page_track);
  if ((errorCode & (PFERR.P | PFERR.W | PFERR.RSVD)) !== (PFERR.P | PFERR.W)) return false;
  return fault.row >= 0 && c.rmap.tracked(fault.gfn) !== 0;
}

/** shadow_page_table_clear_flood: of the shadow pages on the way to the address. */
function clearFloods(c: ShadowContext, vcpu: Vcpu, fault: Fault): void {
  const roots = c.rootsOf(vcpu);
  const it = fault.iterator;
  if (!it.start(c, roots.frame(0), roots.paeFrame, fault.hi, fault.lo)) return;
  for (;;) {
    c.pages.floods[it.page] = 0;
    if (!it.leadsOn(c)) return;
    it.descend(c);
  }
}

/** kvm_mmu_faultin_pfn: the host page, or that there is no memory (`row` -1), or CONTINUE's opposite. */
function faultinPage(c: ShadowContext, vcpu: Vcpu, fault: Fault, access: number): number {
  const { kvm } = c;
  const { baseGfn, flags, hvaPage } = kvm.slots.table;
  const { gfn, row } = fault;
  if (row < 0) return noslotFault(c, vcpu, fault, access);
  if ((flags[row]! & SLOT_FLAG.INVALID) !== 0) return RET_PF.RETRY;
  const readonly = (flags[row]! & SLOT_FLAG.READONLY) !== 0;
  if (readonly && fault.isWrite) {
    c.paths.add(STEP.kvm_handle_error_pfn);
    return RET_PF.EMULATE;
  }
  const page = hvaPage[row]! + gfn - baseGfn[row]!;
  c.paths.add(STEP.kvm_faultin_pfn);
  fault.hfn = kvm.hostMm.fault(page, fault.isWrite);
  fault.hostWritable = !readonly && kvm.hostMm.writable(page);
  return fault.hfn === HVA_BAD ? RET_PF.EFAULT : RET_PF.CONTINUE;
}

/** kvm_handle_noslot_fault. Without MMIO caching, or above the last guest frame, no SPTE is made. */
function noslotFault(c: ShadowContext, vcpu: Vcpu, fault: Fault, access: number): number {
  const { kvm } = c;
  const direct = c.rootsOf(vcpu).levels === 0;
  c.paths.add(STEP.kvm_handle_noslot_fault);
  cacheMmio(c, vcpu, direct ? 0 : fault.hi, direct ? 0 : fault.lo, fault.gfn, access & (ACC.WRITE | ACC.USER));
  if (!kvm.mmioCaching || fault.gfn > kvm.slots.policy.maxGfn) return RET_PF.EMULATE;
  return RET_PF.CONTINUE;
}

/**
 * A supervisor's write to a read-only page under CR0.WP = 0. The CPU has WP set, so the page becomes a supervisor's writable one; under SMEP it
 * must not be executed as one.
 */
function ignoreReadOnly(vcpu: Vcpu, fault: Fault, errorCode: number): void {
  const { at } = vcpu.regs;
  if ((fault.access & ACC.WRITE) !== 0 || (errorCode & PFERR.U) !== 0 || (at[REG.CR0]! & CR0.WP) !== 0) return;
  fault.access = (fault.access | ACC.WRITE) & ~ACC.USER;
  if ((at[REG.CR4]! & CR4.SMEP) !== 0) fault.access &= ~ACC.EXEC;
}
