import type { KvmPolicy } from '../../kvm/policy.ts';
import type { WaitLog } from './waits.ts';

/** Module parameters halt_poll_ns and halt_poll_ns_grow_start, in nanoseconds, and halt_poll_ns_grow (virt/kvm/kvm_main.c). */
const MOST_NS = 200_000;
const FIRST_NS = 10_000;
const GROWS = 2;

const RUNS = 0;
const POLLS = 1;
const SLEEPS = 2;

/**
 * Halt polling of one vCPU (kvm_vcpu_halt()): it spins for a while before its thread sleeps, for longer when it was woken soon after it had gone
 * to sleep, and not at all after a long sleep. Kernels before 4.6 do not poll here. Times are cycles of the simulated clock.
 */
export class HaltPolling {
  private readonly polls: boolean;
  private readonly ghz: number;
  private limitNs = 0;
  private phase = RUNS;
  private since = 0;
  /** When it stops polling. */
  private until = 0;
  private asleepSince = 0;

  constructor({ xcr0 }: KvmPolicy, ghz: number) {
    this.polls = xcr0 === 'inner' || xcr0 === 'outer';
    this.ghz = ghz;
  }

  /** Cycles that it polls at most. */
  get limit(): number {
    return Math.floor(this.limitNs * this.ghz);
  }

  /** True when it has just halted, and polls first; `alone`: no other thread waits for its CPU. */
  begins(now: number, alone = true): boolean {
    if (this.phase !== RUNS) return false;
    this.since = now;
    this.until = alone ? now + this.limit : now;
    this.phase = POLLS;
    return this.until > now;
  }

  /** Another thread waits for the CPU from now on: kvm_vcpu_can_poll() says no. True when it was polling. */
  stops(now: number): boolean {
    if (this.phase !== POLLS || this.until <= now) return false;
    this.until = now;
    return true;
  }

  /** True while the thread is off its CPU, or about to be. */
  get sleeps(): boolean {
    return this.phase === SLEEPS;
  }

  /** True when it has polled in vain, or does not poll: the thread goes to sleep. */
  fallsAsleep(now: number): boolean {
    if (this.phase !== POLLS || now < this.until) return false;
    this.phase = SLEEPS;
    return true;
  }

  /** The thread is off its CPU. */
  asleep(now: number): void {
    this.asleepSince = now;
  }

  /** There is an interrupt. True when the thread slept, and has to be woken; it was runnable, and waited for a CPU, for the last `queued` cycles. */
  woken(now: number, waits: WaitLog, queued = 0): boolean {
    const { phase } = this;
    if (phase !== RUNS) {
      waits.add('kvm_vcpu_halt', Math.min(now - this.since, this.until - this.since));
      if (phase === SLEEPS) waits.add('kvm_vcpu_block', now - queued - this.asleepSince);
      this.adjust((now - this.since) / this.ghz);
    }
    this.phase = RUNS;
    return phase === SLEEPS;
  }

  private adjust(blocked: number): void {
    if (!this.polls || blocked <= this.limitNs) return;
    if (this.limitNs > 0 && blocked > MOST_NS) this.limitNs = 0;
    else if (this.limitNs < MOST_NS && blocked < MOST_NS)
      this.limitNs = Math.min(MOST_NS, this.limitNs === 0 ? FIRST_NS : this.limitNs * GROWS);
  }
}
