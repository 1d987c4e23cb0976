import type { RunResult } from '../../core/experiment/result.ts';
import type { HostOp } from '../../core/guest/setup.ts';

/** The model, as a script drives it. */
export interface MachinePort {
  /** Keeps an operation of the host for a HOST record; returns the record's argument. */
  addHostOp(op: HostOp): number;
  /** Executes the complete records of [0, length). */
  run(records: Float64Array, length: number): void;
  /** Destination of the last instruction that had one. */
  readonly resultHi: number;
  readonly resultLo: number;
  /** Why the guest ran no further, or what went wrong. */
  readonly problem: { readonly text: string; readonly line: number } | null;
  /** True once nothing more can run. */
  readonly stop: boolean;
  readonly accesses: number;
  result(): RunResult;
}
