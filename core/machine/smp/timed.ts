import type { PathRow } from '../../cost/paths.ts';
import type { Scheduling } from './host-cpus.ts';
import type { Wait } from './waits.ts';

/** One vCPU's part of a run in simulated time. */
export interface TimedVcpu {
  readonly id: number;
  /** Instructions of its programs, handlers included. */
  readonly instructions: number;
  readonly paths: readonly PathRow[];
  readonly waits: readonly Wait[];
  /** Simulated time in cycles when its last program ended. */
  readonly clock: number;
  /** With fewer CPUs of the host than vCPUs. */
  readonly scheduling?: Scheduling;
}

/** What a run in simulated time says beside its counts. */
export interface TimedPart {
  readonly vcpus: readonly TimedVcpu[];
  /** The VMM's own threads. */
  readonly host: readonly { readonly waits: readonly Wait[]; readonly clock: number }[];
  /** Cycles in which each CPU of the host had a vCPU, where there are fewer than vCPUs. */
  readonly hostCpus?: { readonly busy: readonly number[] };
}
