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

  /** INVLPG or INVVPID of one address on behalf of the guest. */
  invalidateAddress(hi: number, lo: number): void {
    this.cpu.invalidation.address(hi, lo);
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
}
