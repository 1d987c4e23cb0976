import type { KvmPolicy } from '../../kvm/policy.ts';
import type { WaitLog } from './waits.ts';

/** Module parameters halt_poll_ns and halt_poll_ns_grow_start, in nanoseconds, and halt_poll_ns_grow (virt/kvm/kvm_main.c). */
const MOST_NS = 200_000;
const FIRST_NS = 10_000;
const GROWS = 2;

/**
 * Halt polling of one vCPU (kvm_vcpu_halt()): it spins for a while before its thread sleeps, for longer when it was woken soon after it had gone
 * to sleep, and not at all after a long sleep. Kernels before 4.6 do not poll here.
 */
export class HaltPolling {
  private readonly polls: boolean;
  private readonly ghz: number;
  private limit = 0;

  constructor({ xcr0 }: KvmPolicy, ghz: number) {
    this.polls = xcr0 === 'inner' || xcr0 === 'outer';
    this.ghz = ghz;
  }

  /** It was woken after so many cycles. True when it had not gone to sleep. */
  woken(cycles: number, waits: WaitLog): boolean {
    const polled = Math.min(cycles, Math.floor(this.limit * this.ghz));
    const slept = cycles - polled;
    waits.add('kvm_vcpu_halt', polled);
    waits.add('kvm_vcpu_block', slept);
    this.adjust(cycles / this.ghz);
    return slept === 0;
  }

  private adjust(blocked: number): void {
    if (!this.polls || blocked <= this.limit) return;
    if (this.limit > 0 && blocked > MOST_NS) this.limit = 0;
    else if (this.limit < MOST_NS && blocked < MOST_NS)
      this.limit = Math.min(MOST_NS, this.limit === 0 ? FIRST_NS : this.limit * GROWS);
  }
}
