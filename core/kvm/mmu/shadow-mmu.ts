import type { StateSet } from '../../base/state.ts';
import type { Vcpu } from '../vcpu.ts';

/**
 * Shadow paging as the rest of KVM sees it. Two generations implement it: core/kvm/mmu/shadow (unsync pages, roles, write tracking:
 * 2.6.28 to today) and core/kvm/mmu/shadow-2007. All calls but those of the host act for a vCPU that is out of the guest, and charge
 * their steps to its path; those of the host charge to the host's account what vCPUs do not have to do themselves.
 */
export interface ShadowMmu {
  register(state: StateSet): void;
  /** A vCPU was created. It has no root until `registersSet`. */
  addVcpu(vcpu: Vcpu): void;
  /** KVM_SET_SREGS: all of the guest's registers were written from outside. Roots are dropped, and loaded at the next entry. */
  registersSet(vcpu: Vcpu): void;
  /** CR0 or CR4 was written, by MOV, and has passed its checks (core/kvm/control-registers.ts). The arguments are the values before. */
  crChanged(vcpu: Vcpu, oldCr0: number, oldCr4: number): void;
  /** The page-directory pointers of PAE paging were loaded, and differ from those before. */
  pdptrsChanged(vcpu: Vcpu): void;
  /** MOV to CR3. `keep`: bit 63 was set under CR4.PCIDE (no flush); it is clear in `hi`. False: #GP, and nothing has changed. */
  setCr3(vcpu: Vcpu, hi: number, lo: number, keep: boolean): boolean;
  /**
   * #PF at a linear address. `errorCode` as the CPU gave it. Returns RET_PF: RETRY, FIXED, SPURIOUS to go on; INJECT with the guest's fault
   * in `vcpu.fault`; EMULATE; WRITE_PROTECTED to emulate a write to a guest table; EFAULT or EINVAL to stop.
   */
  pageFault(vcpu: Vcpu, hi: number, lo: number, errorCode: number): number;
  /** kvm_mmu_unprotect_gfn(): the page behind a linear address is released from being shadowed as a guest table. True when it was one. */
  unprotect(vcpu: Vcpu, hi: number, lo: number): boolean;
  /** A #PF of the guest's own, found by the emulator, is about to be injected: `vcpu.fault`. */
  faultInjected(vcpu: Vcpu): void;
  invlpg(vcpu: Vcpu, hi: number, lo: number): void;
  /** INVPCID, its operands checked: type 0 to 3, PCID, address. */
  invpcid(vcpu: Vcpu, type: number, pcid: number, hi: number, lo: number): void;
  /** KVM itself has stored `bytes` of guest memory, within one page: the emulator's write. The new bytes are in memory. */
  pteWritten(vcpu: Vcpu, gpaHi: number, gpaLo: number, bytes: number): void;
  /** vcpu_enter_guest(), requests: roots are loaded or synchronised, the TLB is flushed, as was asked. `charged` false: before the guest starts. */
  serveBeforeEntry(vcpu: Vcpu): void;

  /** Host: every shadow page goes (kvm_mmu_zap_all_fast, kvm_mmu_slot_remove...). vCPUs are asked for new roots. */
  zapAll(): void;
  /** Host: every SPTE that maps a guest frame in [from, to) goes. Returns how many; the caller flushes. */
  zapRange(from: number, to: number): number;
  /** Host: the same for what is mapped by large SPTEs or could be (dirty logging was turned off). Returns how many; the caller flushes. */
  zapCollapsible(from: number, to: number): number;
  /** Host: SPTEs that map a guest frame in [from, to) lose write permission, for dirty logging. Returns how many; the caller flushes. */
  writeProtect(from: number, to: number): number;
}
