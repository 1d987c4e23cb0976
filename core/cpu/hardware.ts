import { PML_LAST_INDEX } from '../spec/ept.ts';
import type { Cpu } from './cpu.ts';

/**
 * The instructions that a hypervisor can issue to this vCPU's silicon, those that KVM's hardware port names and INVVPID, which KVM does
 * not need here. What they cost is charged by whoever issues them.
 */
export class CpuHardware {
  private readonly cpu: Cpu;

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  setRoot(hfn: number, levels: number): void {
    this.cpu.setRoot(hfn, levels);
  }

  /** INVEPT: one root, or all when `hfn` is 0. AMD has no such instruction: the ASID is flushed. Without nesting: INVVPID. */
  invalidateRoot(hfn: number): void {
    const { cpu } = this;
    if (cpu.config.nested === 'none') cpu.invalidation.allLinear();
    else if (cpu.config.nested === 'npt' || hfn === 0) cpu.invalidation.everything();
    else cpu.invalidation.root(cpu.contexts.rootId(hfn));
  }

  /** INVVPID single-context; on AMD a flush of the ASID, which tags the nested dimension too. */
  invalidateVpid(): void {
    if (this.cpu.config.vendor === 'amd') this.cpu.invalidation.everything();
    else this.cpu.invalidation.allLinear();
  }

  /** INVVPID type 0, or INVLPGA: one address, of every PCID, global translations too. */
  invalidateAddress(hi: number, lo: number): void {
    this.cpu.invalidation.addressOfVpid(hi, lo);
  }

  setPageFaultFilter(bitmap: 0 | 1, mask: number, match: number): void {
    const { controls } = this.cpu;
    controls.exceptionBitmapPf = bitmap;
    controls.pfecMask = mask;
    controls.pfecMatch = match;
  }

  setIntercepts(invlpg: 0 | 1, cr3: 0 | 1, cr0: number, cr4: number): void {
    const { controls } = this.cpu;
    controls.interceptInvlpg = invlpg;
    controls.interceptCr3 = cr3;
    controls.ownedCr0 = cr0;
    controls.ownedCr4 = cr4;
  }

  setForced(cr0: number, cr4: number, efer: number, cr4Clear: number): void {
    const { controls } = this.cpu;
    controls.forceCr0 = cr0;
    controls.forceCr4 = cr4;
    controls.forceEfer = efer;
    controls.clearCr4 = cr4Clear;
    this.cpu.registersChanged();
  }

  setPmlBuffer(hfn: number): void {
    const { ept } = this.cpu;
    if (ept === null) return;
    ept.pml[0] = hfn;
    ept.pml[1] = PML_LAST_INDEX;
  }

  pmlIndex(): number {
    return this.cpu.ept === null ? PML_LAST_INDEX : this.cpu.ept.pml[1]!;
  }

  resetPmlIndex(): void {
    if (this.cpu.ept !== null) this.cpu.ept.pml[1] = PML_LAST_INDEX;
  }

  settleCounts(): void {
    this.cpu.flushHits();
  }
}
