import type { RunResult, Trace } from '../../core/index.ts';

/** What one run of a script on one configuration yields. */
export interface RunReport {
  readonly result: RunResult;
  /** The access asked for, when the run reached it. */
  readonly trace: Trace | null;
  /** Records that the script made. */
  readonly records: number;
}
