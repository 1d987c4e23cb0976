import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { PFERR } from '../../spec/vm-exit.ts';
import { probeFastMmio } from '../exits/probe-fast-mmio.ts';
import { HVA_BAD } from '../host-mm.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import type { Vcpu } from '../vcpu.ts';
import { WINDOW } from '../windows.ts';
import { fastPageFault } from './fast-page-fault.ts';
import { mapMmio, mapPage } from './map.ts';
import { cacheMmioInfo } from './mmio-page-fault.ts';
import { RET_PF } from './ret-pf.ts';

/**
 * kvm_tdp_page_fault: a guest-physical address without a (sufficient) translation, step by step as arch/x86/kvm/mmu/mmu.c has
 * them. `error` holds PFERR bits. Returns RET_PF.
 */
export function tdpPageFault(vcpu: Vcpu, hi: number, lo: number, error: number): number {
  const { kvm, paths } = vcpu;
  paths.add(STEP.kvm_tdp_page_fault);
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.kvm_page_fault, error, 0, hi, lo);
  const row = vcpu.slotOf(wordsToPage(hi, lo));
  const isWrite = (error & PFERR.W) !== 0;
  if (kvm.policy.pageTrack && isWrite && (error & PFERR.P) !== 0) paths.add(STEP.page_fault_handle_page_track);
  const fast = fastPageFault(vcpu, hi, lo, error, row);
  if (fast !== RET_PF.INVALID) return fast;
  paths.add(STEP.mmu_topup_memory_caches);
  if (row < 0) return noslotFault(vcpu, hi, lo);
  const flags = kvm.slots.table.flags[row]!;
  if ((flags & SLOT_FLAG.INVALID) !== 0) return RET_PF.RETRY;
  if ((flags & SLOT_FLAG.READONLY) !== 0) {
    if (kvm.writeMostlyRegions) return mapMmio(vcpu, hi, lo);
    if (isWrite) return readOnlyFault(vcpu, hi, lo);
  }
  return faultinPage(vcpu, hi, lo, row, isWrite);
}

/** kvm_handle_noslot_fault: MMIO. Without MMIO caching, or above the last guest frame, no SPTE is made. */
function noslotFault(vcpu: Vcpu, hi: number, lo: number): number {
  const { kvm } = vcpu;
  vcpu.paths.add(STEP.kvm_handle_noslot_fault);
  cacheMmioInfo(vcpu, hi, lo);
  if (!kvm.mmioCaching || wordsToPage(hi, lo) > kvm.slots.policy.maxGfn) return RET_PF.EMULATE;
  return mapMmio(vcpu, hi, lo);
}

/** A write to a read-only slot: neither a host page nor mmu_lock is asked for (kvm_handle_bad_page, kvm_handle_error_pfn). */
function readOnlyFault(vcpu: Vcpu, hi: number, lo: number): number {
  vcpu.paths.add(STEP.kvm_handle_error_pfn);
  if (vcpu.kvm.policy.violationHook === 'bad-page' && probeFastMmio(vcpu, hi, lo)) return RET_PF.KICKED;
  return RET_PF.EMULATE;
}

function faultinPage(vcpu: Vcpu, hi: number, lo: number, row: number, isWrite: boolean): number {
  const { kvm } = vcpu;
  const { baseGfn, flags, hvaPage } = kvm.slots.table;
  const page = hvaPage[row]! + (wordsToPage(hi, lo) - baseGfn[row]!);
  vcpu.paths.add(STEP.kvm_faultin_pfn);
  const hfn = kvm.hostMm.fault(page, isWrite);
  if (hfn === HVA_BAD) return RET_PF.EFAULT;
  kvm.passWindow(WINDOW.kvm_faultin_pfn, vcpu);
  const mapWritable = (flags[row]! & SLOT_FLAG.READONLY) === 0 && kvm.hostMm.writable(page);
  return mapPage(vcpu, hi, lo, row, hfn, mapWritable);
}
