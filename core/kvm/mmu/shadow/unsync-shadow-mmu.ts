import type { StateSet } from '../../../base/state.ts';
import { wordsToPage } from '../../../base/words.ts';
import { STEP } from '../../../cost/steps.ts';
import { EVENT } from '../../../events/kinds.ts';
import { CR0, CR4, REG } from '../../../guest/registers.ts';
import { PFERR } from '../../../spec/vm-exit.ts';
import { isPaePaging, loadPdptrs } from '../../control-registers.ts';
import type { Kvm } from '../../kvm.ts';
import { VECTOR } from '../../../spec/paging.ts';
import { STAT } from '../../stats.ts';
import type { Vcpu } from '../../vcpu.ts';
import { WINDOW } from '../../windows.ts';
import { ACC } from '../guest-walk.ts';
import { RET_PF } from '../ret-pf.ts';
import type { ShadowMmu } from '../shadow-mmu.ts';
import { Fault } from './fault.ts';
import { withGptes } from './get-page.ts';
import { writeProtectRange, zapAll, zapCollapsible, zapRange } from './host-side.ts';
import { CURRENT, EVERY, invalidateAddress } from './invalidate.ts';
import { pageFault } from './page-fault.ts';
import {
  configure,
  freeObsoleteRoots,
  freeRoot,
  invalidatePcid,
  loadPgd,
  loadRoots,
  resetContext,
  setCr3,
  unload,
} from './roots.ts';
import { ShadowContext } from './shadow-context.ts';
import { syncRoots } from './sync-children.ts';
import { trackWrite } from './track-write.ts';
import { PREVIOUS, REQUEST, type VcpuRoots } from './vcpu-roots.ts';
import { commitZap, prepareZap } from './zap.ts';

/** Bits whose change makes another MMU of it: KVM_MMU_CR0_ROLE_BITS, KVM_MMU_CR4_ROLE_BITS. */
const CR0_ROLE = CR0.PG | CR0.WP;
const CR4_ROLE = CR4.PSE | CR4.PAE | CR4.LA57 | CR4.SMEP | CR4.SMAP | CR4.PKE;
const EVERY_FLUSH = REQUEST.FLUSH_ALL | REQUEST.FLUSH_CURRENT;

/** The shadow MMU since unsync pages (arch/x86/kvm/mmu/mmu.c, paging_tmpl.h). */
export class UnsyncShadowMmu implements ShadowMmu {
  readonly context: ShadowContext;
  /** One for each vCPU: another may run while the first is in the fault path. */
  private readonly faults: Fault[] = [];

  constructor(kvm: Kvm) {
    this.context = new ShadowContext(kvm);
  }

  register(state: StateSet): void {
    const { context: c } = this;
    state.addState(() => [c.pages.floods, ...c.roots.map((roots) => roots.words)]);
  }

  addVcpu(vcpu: Vcpu): void {
    configure(vcpu, this.context.rootsOf(vcpu));
  }

  registersSet(vcpu: Vcpu): void {
    this.context.enter(vcpu);
    if (isPaePaging(vcpu)) loadPdptrs(vcpu, vcpu.regs.at[REG.CR3_LO]!);
    resetContext(this.context, vcpu);
  }

  /** kvm_post_set_cr0, kvm_post_set_cr4. */
  crChanged(vcpu: Vcpu, oldCr0: number, oldCr4: number): void {
    const c = this.context;
    const roots = c.enter(vcpu);
    const { at } = vcpu.regs;
    const cr0 = oldCr0 ^ at[REG.CR0]!;
    const cr4 = at[REG.CR4]!;
    const changed = oldCr4 ^ cr4;
    if ((cr0 & CR0.PG) !== 0 && (oldCr0 & CR0.PG) !== 0) roots.request(REQUEST.FLUSH_GUEST);
    // Without paging before and after, CR0.WP is no part of the role.
    const wpMatters = (at[REG.CR0]! & CR0.PG) !== 0 || (cr0 & CR0_ROLE) !== CR0.WP;
    if (((cr0 & CR0_ROLE) !== 0 && wpMatters) || (changed & CR4_ROLE) !== 0) resetContext(c, vcpu);
    if ((changed & cr4 & CR4.PCIDE) !== 0) unload(c, vcpu);
    if ((changed & CR4.PGE) !== 0 || (changed & oldCr4 & CR4.PCIDE) !== 0) roots.request(REQUEST.FLUSH_GUEST);
    else if ((changed & CR4.PAE) !== 0 || (changed & cr4 & CR4.SMEP) !== 0) roots.request(REQUEST.FLUSH_CURRENT);
  }

  pdptrsChanged(vcpu: Vcpu): void {
    const roots = this.context.enter(vcpu);
    freeRoot(this.context, roots, 0);
  }

  setCr3(vcpu: Vcpu, hi: number, lo: number, keep: boolean): boolean {
    this.context.enter(vcpu);
    return setCr3(this.context, vcpu, hi, lo, keep);
  }

  pageFault(vcpu: Vcpu, hi: number, lo: number, errorCode: number): number {
    this.context.enter(vcpu);
    const result = pageFault(this.context, vcpu, this.fault(vcpu, hi, lo), errorCode);
    if (result === RET_PF.INJECT) this.faultInjected(vcpu);
    return result;
  }

  unprotect(vcpu: Vcpu, hi: number, lo: number): boolean {
    const c = this.context;
    const { levels } = c.enter(vcpu);
    if (c.indirect === 0) return false;
    if (levels !== 0) {
      const found = vcpu.walk.translate(hi, lo, true);
      c.paths.addN(STEP.paging64_walk_addr, vcpu.walk.levels);
      if (!found) return false;
    }
    const gfn = levels === 0 ? lo >>> 12 : wordsToPage(vcpu.walk.gpaHi, vcpu.walk.gpaLo);
    c.paths.add(STEP.kvm_mmu_unprotect_gfn_and_retry);
    c.lock();
    const { pages } = c;
    let some = false;
    for (let page = withGptes(c, pages.first(gfn)); page !== 0; page = withGptes(c, pages.next(page))) {
      some = true;
      prepareZap(c, page);
    }
    // Roots are not on the list of what is freed now (6.12).
    const released = c.kvm.policy.writeProtectRetry === 'retry_instruction' ? some : c.doomed.length > 0;
    commitZap(c);
    c.unlock();
    return released;
  }

  /** kvm_inject_emulated_page_fault, kvm_inject_page_fault. A present translation that the CPU may have is dropped first. */
  faultInjected(vcpu: Vcpu): void {
    const c = this.context;
    c.enter(vcpu);
    const { fault } = vcpu;
    const stale = (fault.errorCode & (PFERR.P | PFERR.RSVD)) === PFERR.P;
    if (stale && c.kvm.policy.cachedRoots > 0) {
      invalidateAddress(c, vcpu, this.fault(vcpu, fault.cr2Hi, fault.cr2Lo), CURRENT);
    }
    c.kvm.stats[STAT.pf_guest]!++;
    c.paths.add(vcpu.blocks.injectPageFault);
    if (vcpu.recorder.on) {
      vcpu.recorder.emit(EVENT.kvm_inj_exception, VECTOR.PF, fault.errorCode, fault.cr2Hi, fault.cr2Lo);
    }
  }

  invlpg(vcpu: Vcpu, hi: number, lo: number): void {
    const c = this.context;
    c.enter(vcpu);
    invalidateAddress(c, vcpu, this.fault(vcpu, hi, lo), EVERY);
    c.kvm.stats[STAT.invlpg]!++;
  }

  /** kvm_handle_invpcid. */
  invpcid(vcpu: Vcpu, type: number, pcid: number, hi: number, lo: number): void {
    const c = this.context;
    const roots = c.enter(vcpu);
    if (type === 1) invalidatePcid(c, vcpu, roots, pcid);
    else if (type >= 2) roots.request(REQUEST.FLUSH_GUEST);
    else this.invpcidAddress(vcpu, roots, pcid, hi, lo);
  }

  pteWritten(vcpu: Vcpu, gpaHi: number, gpaLo: number, bytes: number): void {
    this.context.kvm.passWindow(WINDOW.kvm_mmu_pte_write, vcpu);
    this.context.enter(vcpu);
    trackWrite(this.context, wordsToPage(gpaHi, gpaLo), gpaLo & 0xfff, bytes);
  }

  serveBeforeEntry(vcpu: Vcpu): void {
    const roots = this.context.rootsOf(vcpu);
    if (roots.requests === 0 && roots.frame(0) !== 0) return;
    const c = this.context;
    c.enter(vcpu);
    if (roots.take(REQUEST.FREE_OBSOLETE_ROOTS)) freeObsoleteRoots(c, roots);
    if (roots.take(REQUEST.MMU_SYNC)) syncRoots(c);
    if (roots.take(REQUEST.LOAD_PGD)) loadPgd(c, vcpu);
    if (roots.take(REQUEST.FLUSH_GUEST)) this.flushGuest(vcpu, roots);
    if (roots.frame(0) === 0) loadRoots(c, vcpu);
    if (roots.take(EVERY_FLUSH)) vcpu.flushNow(true);
  }

  zapAll(): void {
    this.context.enterHost();
    zapAll(this.context);
  }

  zapRange(from: number, to: number): number {
    this.context.enterHost();
    return zapRange(this.context, from, to);
  }

  zapCollapsible(from: number, to: number): number {
    this.context.enterHost();
    return zapCollapsible(this.context, from, to);
  }

  writeProtect(from: number, to: number): number {
    this.context.enterHost();
    return writeProtectRange(this.context, from, to);
  }

  /** kvm_vcpu_flush_tlb_guest: as if the guest had flushed everything, so what is unsync is looked at again; previous roots with such go. */
  private flushGuest(vcpu: Vcpu, roots: VcpuRoots): void {
    const c = this.context;
    syncRoots(c);
    for (let n = 1; n <= PREVIOUS; n++) {
      const page = c.pages.of(roots.frame(n));
      if (page !== 0 && c.marks.childrenOf(page) > 0) freeRoot(c, roots, n);
    }
    roots.take(EVERY_FLUSH);
    vcpu.flushNow(true);
  }

  /** kvm_mmu_invpcid_gva. */
  private invpcidAddress(vcpu: Vcpu, roots: VcpuRoots, pcid: number, hi: number, lo: number): void {
    const { at } = vcpu.regs;
    const pcide = (at[REG.CR4]! & CR4.PCIDE) !== 0;
    let looked = (pcide ? at[REG.CR3_LO]! & 0xfff : 0) === pcid ? CURRENT : 0;
    for (let n = 1; n <= PREVIOUS; n++) {
      if (roots.frame(n) !== 0 && (pcide ? roots.cr3Lo(n) & 0xfff : 0) === pcid) looked |= 1 << n;
    }
    if (looked !== 0) invalidateAddress(this.context, vcpu, this.fault(vcpu, hi, lo), looked);
    this.context.kvm.stats[STAT.invlpg]!++;
  }

  private fault(vcpu: Vcpu, hi: number, lo: number): Fault {
    const fault = (this.faults[vcpu.id] ??= new Fault());
    fault.hi = hi;
    fault.lo = lo;
    fault.access = ACC.ALL;
    return fault;
  }
}
