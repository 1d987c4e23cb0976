import { STEP } from '../../cost/steps.ts';
import { ICR_WRITE, type VirtualIcr } from '../../cpu/virtual-icr.ts';
import { ICR, singleTarget, targetsOf } from '../../kvm/lapic/icr.ts';
import type { VcpuThread } from './vcpu-thread.ts';

/**
 * The ICR of one vCPU whose CPU sends IPIs by itself. Intel posts fixed IPIs with a physical destination and no shorthand to whatever state their
 * target is in: a blocked one is woken by the interrupt that its CPU gets (pi_wakeup_handler), one without a CPU finds the interrupt when it is
 * loaded. AVIC knows shorthands and logical destinations too, and leaves the guest where a target does not run. [recalled]
 */
export class IpiVirtualization implements VirtualIcr {
  private readonly thread: VcpuThread;
  private readonly vcpus: readonly VcpuThread[];
  private readonly post: (to: number, vector: number) => void;

  constructor(thread: VcpuThread, vcpus: readonly VcpuThread[], post: (to: number, vector: number) => void) {
    this.thread = thread;
    this.vcpus = vcpus;
    this.post = post;
  }

  write(hi: number, lo: number): number {
    const { paths, parts } = this.thread;
    const { isIntel } = parts.vcpu.kvm;
    const targets = this.targets(isIntel, hi, lo);
    if (targets.length === 0) return ICR_WRITE.TRAPS;
    paths.addN(STEP['guest.virtual_ipi'], targets.length);
    const reached = isIntel ? targets : targets.filter((to) => this.vcpus[to]!.isRunning);
    for (const to of reached) this.post(to, lo & ICR.VECTOR);
    return reached.length === targets.length ? ICR_WRITE.DONE : ICR_WRITE.INCOMPLETE;
  }

  private targets(isIntel: boolean, hi: number, lo: number): number[] {
    const { id } = this.thread;
    if (!isIntel) return targetsOf(id, hi, lo, this.vcpus.length);
    const single = (lo & ICR.SHORTHAND) === 0 ? singleTarget(id, hi, lo, this.vcpus.length) : -1;
    return single < 0 ? [] : [single];
  }
}
