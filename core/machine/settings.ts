import type { Mmu } from '../design/design.ts';

/** One machine by names of the registries: what `buildMachine` needs beside the script's own set-up. */
export interface MachineSettings {
  readonly cpu: string;
  readonly mmu: Mmu;
  readonly kernel: string;
  readonly design: string;
  /** `default` (what the CPU generation needs), `none`, or ids joined by `+`. */
  readonly mitigations: string;
  /** KVM itself runs under a hypervisor: instruction length unset, skip by decode. */
  readonly nestedHost: boolean;
  readonly vpid: boolean;
  readonly seed: number;
  /** Switches that differ from the default, by name; checked before (core/experiment/switches.ts). */
  readonly switches: Readonly<Record<string, boolean | number>>;
}

/** What is asked of a run beside its machine. */
export interface MachineOptions {
  /** Run the reference beside the machine. */
  readonly check: boolean;
  /** Number of the one access to record step by step, counted from 1; null for none. */
  readonly trace: number | null;
  /** Note accesses and exits by script line, and the first access of each path. Default false. */
  readonly details?: boolean;
  /** Events of the whole run to keep, the last so many; default none. Not together with `trace`. */
  readonly events?: number;
  /** Cycles by step id that the simulated clock goes by, in place of the CPU model's best values. */
  readonly prices?: readonly number[];
  /**
   * KVM_CREATE_IRQCHIP and KVM_CREATE_PIT2 before the vCPU, as QEMU does: interrupt controllers and timer stand on the buses. The
   * reference knows none of their registers. Default false.
   */
  readonly irqchip?: boolean;
}
