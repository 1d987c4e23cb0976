import type { EventColumns, LineCount, RunResult, Trace } from '../../core/index.ts';

export type { EventColumns } from '../../core/index.ts';

/** What one run of a script on one configuration yields. */
export interface RunReport {
  readonly result: RunResult;
  /** The access asked for, when the run reached it. */
  readonly trace: Trace | null;
  /** Records that the script made. */
  readonly records: number;
  /** What was asked for beside the result; see Job. */
  readonly details?: RunDetails;
}

export interface RunDetails {
  /** Number of the first access on each path of the result. */
  readonly firsts: readonly number[];
  readonly lines: readonly LineCount[];
  readonly events: EventColumns | null;
  /** The machine before and after the traced access. */
  readonly states: Trace['states'];
}
