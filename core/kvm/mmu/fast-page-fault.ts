import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { EVENT } from '../../events/kinds.ts';
import { PFERR } from '../../spec/vm-exit.ts';
import { markDirty } from '../memslots/dirty-log.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { RET_PF } from './ret-pf.ts';
import { isMmuWritable, isShadowPresent, isWritable, LEVEL, madeWritable } from './spte.ts';

/**
 * fast_page_fault: without mmu_lock, gives write permission back to an SPTE that lost it to dirty logging. INVALID when the fault is none
 * of its business, SPURIOUS when the access is allowed by now, FIXED. (arch/x86/kvm/mmu/mmu.c, fast_page_fault)
 */
export function fastPageFault(vcpu: Vcpu, hi: number, lo: number, error: number, row: number): number {
  if (!canBeFast(vcpu, error)) return RET_PF.INVALID;
  const { kvm, paths } = vcpu;
  const { tables } = kvm.mmu;
  tables.walk(vcpu.root, hi, lo, LEVEL.P4K);
  paths.addN(STEP.fast_page_fault, tables.visited);
  const result = fix(vcpu, error, row);
  if (result !== RET_PF.INVALID) {
    kvm.stats[STAT.pf_fast]!++;
    if (result === RET_PF.FIXED) {
      paths.add(STEP.fast_pf_fix_direct_spte);
      markDirty(kvm.slots, row, wordsToPage(hi, lo));
    }
  }
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.fast_page_fault, result, 0, hi, lo);
  return result;
}

/** page_fault_can_be_fast: never a reserved bit; a present entry only for a write; an absent one only if it may be access-tracked. */
function canBeFast(vcpu: Vcpu, error: number): boolean {
  if ((error & PFERR.RSVD) !== 0) return false;
  if ((error & PFERR.P) === 0) return vcpu.kvm.accessTracked;
  return (error & PFERR.W) !== 0;
}

function fix(vcpu: Vcpu, error: number, row: number): number {
  const { slots } = vcpu.kvm;
  const { tables } = vcpu.kvm.mmu;
  if (!isShadowPresent(tables.lo)) return RET_PF.INVALID;
  if ((error & PFERR.W) === 0 || isWritable(tables.lo)) return RET_PF.SPURIOUS;
  if (row < 0 || !isMmuWritable(tables.bits, tables.hi, tables.lo)) return RET_PF.INVALID;
  if (tables.level > LEVEL.P4K && (slots.table.flags[row]! & SLOT_FLAG.LOG_DIRTY) !== 0) return RET_PF.INVALID;
  tables.set(tables.hi, madeWritable(tables.bits, tables.lo));
  return RET_PF.FIXED;
}
