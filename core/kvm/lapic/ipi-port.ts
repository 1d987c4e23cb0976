/**
 * Where an IPI goes once the sender's exit has decided on its targets. With one vCPU it is put into its own APIC; with several the
 * scheduler implements this and decides what the target sees: a kick, a posted interrupt, a wake-up.
 */
export interface IpiPort {
  /** `from` and `to` are vCPU numbers; `vector` from 16 to 255. */
  send(from: number, to: number, vector: number): void;
  /** The vCPU is loaded on a CPU of the host (AVIC's IsRunning): it does not sleep, and is not scheduled out. */
  isRunning(vcpu: number): boolean;
}
