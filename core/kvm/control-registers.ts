import { STEP } from '../cost/steps.ts';
import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { PAE_PDPTE_RESERVED, reservedAddressHi } from '../spec/paging.ts';
import { guestLevels } from './mmu/guest-walk.ts';
import type { Vcpu } from './vcpu.ts';

const PRESENT = 1;
const POINTERS = 4;
/** Bits of CR4 whose change loads the page-directory pointers again: X86_CR4_PDPTR_BITS. */
const CR4_PDPTR_BITS = CR4.PGE | CR4.PSE | CR4.PAE | CR4.SMEP;

/** kvm_set_cr0. False: #GP, and nothing has changed. Paging turned on with EFER.LME enters long mode. */
export function setCr0(vcpu: Vcpu, value: number): boolean {
  const { at } = vcpu.regs;
  const old = at[REG.CR0]!;
  const paging = (value & CR0.PG) !== 0;
  vcpu.paths.add(STEP.kvm_set_cr0);
  if (paging && (value & CR0.PE) === 0) return false;
  if (!paging && (at[REG.CR4]! & CR4.PCIDE) !== 0) return false;
  const turnsOn = paging && (old & CR0.PG) === 0;
  const long = turnsOn && (at[REG.EFER]! & EFER.LME) !== 0;
  if (long && (at[REG.CR4]! & CR4.PAE) === 0) return false;
  if (turnsOn && !long && (at[REG.CR4]! & CR4.PAE) !== 0 && !loadPdptrs(vcpu, at[REG.CR3_LO]!)) return false;
  at[REG.CR0] = value;
  if (long) at[REG.EFER]! |= EFER.LMA;
  if (!paging) at[REG.EFER]! &= ~EFER.LMA;
  vcpu.kvm.shadow!.crChanged(vcpu, old, at[REG.CR4]!);
  return true;
}

/** kvm_set_cr4. False: #GP, and nothing has changed. */
export function setCr4(vcpu: Vcpu, value: number): boolean {
  const { at } = vcpu.regs;
  const old = at[REG.CR4]!;
  const changed = old ^ value;
  const long = (at[REG.EFER]! & EFER.LMA) !== 0;
  vcpu.paths.add(STEP.kvm_set_cr4);
  // Protection keys are not there without two-dimensional paging (kvm_set_cpu_caps): a reserved bit.
  if ((value & CR4.PKE) !== 0) return false;
  if (long && (changed & (CR4.PAE | CR4.LA57)) !== 0) return false;
  if ((value & ~old & CR4.PCIDE) !== 0 && (!long || (at[REG.CR3_LO]! & 0xfff) !== 0)) return false;
  const pae = !long && (at[REG.CR0]! & CR0.PG) !== 0 && (value & CR4.PAE) !== 0;
  if (pae && (changed & CR4_PDPTR_BITS) !== 0 && !loadPdptrs(vcpu, at[REG.CR3_LO]!)) return false;
  at[REG.CR4] = value;
  vcpu.kvm.shadow!.crChanged(vcpu, at[REG.CR0]!, old);
  return true;
}

/** kvm_vcpu_is_legal_cr3: no address bit that the guest's processor does not have; below long mode the upper half counts for nothing. */
export function isLegalCr3(vcpu: Vcpu, hi: number): boolean {
  return (hi & ~0xfffff) === 0 && (hi & reservedAddressHi(vcpu.kvm.config.cpu.maxphyaddr)) === 0;
}

/**
 * load_pdptrs(): the four page-directory pointers of PAE paging, which count as loaded with CR3 until they are loaded again. False, and
 * nothing changed: they are no readable memory, or a present one has a reserved bit set.
 */
export function loadPdptrs(vcpu: Vcpu, cr3Lo: number): boolean {
  const { kvm, pdptrs, newPdptrs } = vcpu;
  const reservedHi = reservedAddressHi(kvm.config.cpu.maxphyaddr) | ~0xfffff;
  vcpu.paths.add(STEP.load_pdptrs);
  newPdptrs.fill(0);
  if (!kvm.ram.read(0, cr3Lo & ~0x1f, POINTERS * 8, newPdptrs, 0)) return false;
  for (let i = 0; i < POINTERS; i++) {
    const lo = newPdptrs[i * 2]!;
    if ((lo & PRESENT) === 0) continue;
    if ((lo & PAE_PDPTE_RESERVED) !== 0 || (newPdptrs[i * 2 + 1]! & reservedHi) !== 0) return false;
  }
  if (pdptrs.some((word, i) => word !== newPdptrs[i])) kvm.shadow?.pdptrsChanged(vcpu);
  pdptrs.set(newPdptrs);
  return true;
}

/** is_pae_paging(). */
export const isPaePaging = (vcpu: Vcpu): boolean => guestLevels(vcpu.regs) === 3;
