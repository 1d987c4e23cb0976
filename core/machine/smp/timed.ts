import type { PathRow } from '../../cost/paths.ts';
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
}

/** What a run in simulated time says beside its counts. */
export interface TimedPart {
  readonly vcpus: readonly TimedVcpu[];
  /** The VMM's own threads. */
  readonly host: readonly { readonly waits: readonly Wait[]; readonly clock: number }[];
}
