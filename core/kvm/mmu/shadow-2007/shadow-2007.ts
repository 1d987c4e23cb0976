import type { StateSet } from '../../../base/state.ts';
import { STEP } from '../../../cost/steps.ts';
import { CR0, CR4, EFER, REG } from '../../../guest/registers.ts';
import { PTE } from '../../../spec/paging.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import { isPaePaging, loadPdptrs } from '../../control-registers.ts';
import type { Kvm } from '../../kvm.ts';
import { VECTOR } from '../../../spec/paging.ts';
import { STAT } from '../../stats.ts';
import type { Vcpu } from '../../vcpu.ts';
import { WINDOW } from '../../windows.ts';
import { RET_PF } from '../ret-pf.ts';
import type { ShadowMmu } from '../shadow-mmu.ts';
import { Fetch, FETCH_PT_WRITE } from './fetch.ts';
import { Mmu2007 } from './mmu.ts';
import { nonpagingPageFault } from './nonpaging.ts';
import { PteWrite } from './pte-write.ts';
import { freeRoots, loadRoots } from './roots.ts';
import { LeafRequest } from './set-spte.ts';
import { VcpuMmu } from './vcpu-mmu.ts';
import { freeSomePages, zapAll } from './zap.ts';
import { removeWriteAccess } from './dirty-log.ts';

/** KVM_GUEST_CR0_MASK and KVM_GUEST_CR4_MASK, as far as the model has the bits. */
const OWNED_CR0 = CR0.PG | CR0.PE | CR0.WP;
const OWNED_CR4 = CR4.PSE | CR4.PAE | CR4.PGE;

/** CR3_L_MODE_RESERVED_BITS, CR3_PAE_RESERVED_BITS and CR3_NONPAE_RESERVED_BITS: bits that set_cr3() refuses. */
const CR3_LONG_RESERVED_HI = ~0xff;
const CR3_RESERVED_LO = 0xfff & ~0x18;
const CR3_PAE_RESERVED_LO = 0x17;

/**
 * The shadow MMU of drivers/kvm in 2.6.24 and of arch/x86/kvm in 2.6.26, with and without bypass_guest_pf: every guest table that is shadowed is
 * write-protected, so shadow entries are always what the guest's tables say, and INVLPG needs no exit.
 */
export class Shadow2007 implements ShadowMmu {
  readonly mmu: Mmu2007;
  private readonly leaf = new LeafRequest();
  private readonly fetch: Fetch;
  private readonly pteWrite: PteWrite;

  constructor(kvm: Kvm) {
    this.mmu = new Mmu2007(kvm);
    this.fetch = new Fetch(this.mmu, this.leaf);
    this.pteWrite = new PteWrite(this.mmu, this.leaf);
  }

  register(state: StateSet): void {
    for (const vcpu of this.mmu.vcpus) vcpu.register(state);
  }

  addVcpu(vcpu: Vcpu): void {
    this.mmu.vcpus.push(new VcpuMmu(vcpu));
    const { filter, isIntel } = this.mmu.rules;
    const { port } = vcpu;
    // AMD has no filter: all page faults exit.
    port.setPageFaultFilter(1, filter, filter);
    port.setIntercepts(0, 1, OWNED_CR0, OWNED_CR4);
    // A VMX guest runs with the host's EFER.NXE, an SVM guest with its own.
    port.setForced(CR0.PG | CR0.PE | CR0.WP, CR4.PAE, isIntel ? EFER.NXE : 0, 0);
  }

  registersSet(vcpu: Vcpu): void {
    const mmu = this.begin(vcpu);
    if (isPaePaging(vcpu)) loadPdptrs(vcpu, vcpu.regs.at[REG.CR3_LO]!);
    this.resetContext(mmu);
  }

  /** set_cr0() and set_cr4() reset the context whatever has changed. */
  crChanged(vcpu: Vcpu): void {
    this.resetContext(this.begin(vcpu));
  }

  setCr3(vcpu: Vcpu, hi: number, lo: number): boolean {
    const mmu = this.begin(vcpu);
    const { at } = vcpu.regs;
    const { paths, rules } = this.mmu;
    if (!this.isCr3Allowed(mmu, hi, lo)) return false;
    // set_cr3() of 2.6.26: nothing new, but what a MOV to CR3 is often for.
    if (rules.is2008 && at[REG.CR3_LO] === lo && at[REG.CR3_HI] === hi) {
      this.mmu.flushTlb(mmu);
      return true;
    }
    if (!rules.is2008) paths.add(STEP['kvm_lock.mutex']);
    paths.add(STEP.gfn_to_page);
    if (vcpu.kvm.slots.find(0, hi * 0x100000 + (lo >>> 12)) < 0) return false;
    at[REG.CR3_LO] = lo;
    at[REG.CR3_HI] = hi;
    freeRoots(this.mmu, mmu);
    return true;
  }

  pageFault(vcpu: Vcpu, hi: number, lo: number, errorCode: number): number {
    const mmu = this.begin(vcpu);
    const { is2008 } = this.mmu.rules;
    const { paths } = this.mmu;
    paths.add(STEP.paging64_page_fault);
    if (!is2008) {
      // From handle_exception() to behind the emulation.
      paths.add(STEP['kvm_lock.mutex']);
      freeSomePages(this.mmu);
    }
    paths.add(STEP.mmu_topup_memory_caches);
    const result = mmu.rootLevel === 0 ? this.nonpaging(mmu, lo, errorCode) : this.paging(mmu, hi, lo, errorCode);
    return this.mmu.hangs ? this.hang(vcpu) : result;
  }

  /** Emulation is not given up for the guest's own try: these kernels do so only after the emulator has failed. */
  unprotect(): boolean {
    return false;
  }

  /** The count of writes is reset by the faults that a walk of `pageFault` has found, not by the emulator's. */
  faultInjected(vcpu: Vcpu): void {
    vcpu.kvm.stats[STAT.pf_guest]!++;
    vcpu.paths.add(vcpu.blocks.injectPageFault);
  }

  /** A new CR3, or another mode, drops the roots anyway. */
  pdptrsChanged(): void {}

  /** Not intercepted: the CPU drops the translation, and the shadow entry is what the guest's is. */
  invlpg(vcpu: Vcpu): void {
    this.mmu.flushTlb(this.begin(vcpu));
  }

  invpcid(vcpu: Vcpu): void {
    this.mmu.flushTlb(this.begin(vcpu));
  }

  pteWritten(vcpu: Vcpu, gpaHi: number, gpaLo: number, bytes: number): void {
    const mmu = this.begin(vcpu);
    // 2.6.24 has it the other way round: the shadow pages are told under kvm->lock, then the bytes are stored.
    if (this.mmu.rules.is2008) this.mmu.passWindow(WINDOW.kvm_mmu_pte_write, mmu);
    this.pteWrite.written(mmu, gpaHi, gpaLo, bytes);
  }

  serveBeforeEntry(vcpu: Vcpu): void {
    const mmu = this.begin(vcpu);
    if (mmu.wantsReload) {
      mmu.wantsReload = false;
      freeRoots(this.mmu, mmu);
    }
    if (!mmu.hasRoots) loadRoots(this.mmu, mmu);
    if (mmu.wantsFlush) this.mmu.flushTlb(mmu);
  }

  zapAll(): void {
    this.mmu.actForHost();
    zapAll(this.mmu);
    this.mmu.kvm.flushRemoteTlbs();
  }

  /** A slot that goes leaves its entries behind, read-only: neither kernel zaps them. */
  zapRange(from: number): number {
    return this.writeProtect(from);
  }

  zapCollapsible(): number {
    return 0;
  }

  writeProtect(from: number): number {
    this.mmu.actForHost();
    return removeWriteAccess(this.mmu, from);
  }

  private begin(vcpu: Vcpu): VcpuMmu {
    const mmu = this.mmu.vcpus[vcpu.id]!;
    this.mmu.actFor(mmu);
    return mmu;
  }

  /** kvm_mmu_reset_context. The roots of the new mode are loaded at the next entry. */
  private resetContext(mmu: VcpuMmu): void {
    this.mmu.paths.add(STEP.kvm_mmu_reset_context);
    freeRoots(this.mmu, mmu);
    mmu.readMode();
  }

  private isCr3Allowed(mmu: VcpuMmu, hi: number, lo: number): boolean {
    const { at } = mmu.vcpu.regs;
    if ((at[REG.EFER]! & EFER.LMA) !== 0) return (hi & CR3_LONG_RESERVED_HI) === 0 && (lo & CR3_RESERVED_LO) === 0;
    if ((at[REG.CR4]! & CR4.PAE) === 0) return (lo & CR3_RESERVED_LO) === 0;
    if ((lo & CR3_PAE_RESERVED_LO) !== 0) return false;
    return !isPaePaging(mmu.vcpu) || loadPdptrs(mmu.vcpu, lo);
  }

  private nonpaging(mmu: VcpuMmu, lo: number, error: number): number {
    if (this.mmu.rules.is2008) this.lockAndRecycle();
    return nonpagingPageFault(this.mmu, mmu, lo, error, this.leaf);
  }

  /** FNAME(page_fault). */
  private paging(mmu: VcpuMmu, hi: number, lo: number, error: number): number {
    const { rules } = this.mmu;
    const { walk } = mmu;
    if (!walk.walk(mmu.rootLevel, hi, lo, error)) return this.inject(mmu, hi, lo, error);
    this.mmu.count(STAT.pf_host);
    const isWrite = (error & PFERR.W) !== 0;
    if (isWrite && (walk.entryLo[walk.level]! & PTE.D) === 0) this.setDirty(mmu);
    this.mmu.passWindow(WINDOW.walk_addr, mmu);
    const frame = this.mmu.hostFrame(walk.gfn);
    if (rules.is2008) {
      // Found before mmu_lock: such an exit does not reset the flood count.
      if (frame < 0) return RET_PF.EMULATE;
      this.lockAndRecycle();
    }
    const result = this.fetch.run(mmu, hi, lo, error, frame);
    if (result !== FETCH_PT_WRITE) mmu.floodCount = 0;
    if (frame < 0) return RET_PF.EMULATE;
    if (result !== FETCH_PT_WRITE) return RET_PF.FIXED;
    this.mmu.count(STAT.pf_fixed);
    return RET_PF.WRITE_PROTECTED;
  }

  /** What is absent, or not allowed, in the guest's own tables is the guest's: the fault goes back to it. */
  private inject(mmu: VcpuMmu, hi: number, lo: number, error: number): number {
    const { walk } = mmu;
    if ((error & PFERR.RSVD) !== 0 && (walk.errorCode & PFERR.P) === 0) this.mmu.count(STAT.pf_trap_not_present);
    this.mmu.count(STAT.pf_guest);
    this.mmu.paths.add(mmu.vcpu.blocks.injectPageFault);
    mmu.vcpu.fault.set(VECTOR.PF, walk.errorCode, hi, lo);
    mmu.floodCount = 0;
    return RET_PF.INJECT;
  }

  /** 2.6.26 does it in the walk, and tells the shadow pages of the table; 2.6.24 when it fills the entry, and tells nobody. */
  private setDirty(mmu: VcpuMmu): void {
    const { walk } = mmu;
    walk.setDirty(mmu.rootLevel);
    if (!this.mmu.rules.is2008) return;
    const size = mmu.rootLevel === 2 ? 4 : 8;
    const gfn = walk.tableGfn[walk.level]!;
    const offset = walk.index[walk.level]! * size;
    this.pteWrite.written(mmu, Math.floor(gfn / 0x100000), ((gfn % 0x100000) << 12) | offset, size);
  }

  private lockAndRecycle(): void {
    this.mmu.paths.add(STEP['mmu_lock.write']);
    freeSomePages(this.mmu);
  }

  private hang(vcpu: Vcpu): number {
    this.mmu.hangs = false;
    vcpu.stop('unshadow-livelock');
    return RET_PF.STOPPED;
  }
}
