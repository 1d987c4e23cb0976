import type { HostOp, KernelOp } from '../../core/index.ts';

/** The model, as a script drives it; core/experiment's Run is one. */
export interface MachinePort {
  /** Keeps an operation of the host for a HOST record; returns the record's argument. */
  addHostOp(op: HostOp): number;
  /** Keeps what the guest's kernel is to do for a HOST record; returns the record's argument. */
  addKernelOp(op: KernelOp): number;
  /** Counters of the guest's kernel by name; null without one. */
  vmstat(): Readonly<Record<string, number>> | null;
  /** Keeps the name of a phase for a HOST record; returns the record's argument. */
  addPhase(name: string): number;
  /** Executes the complete records of [0, length), or up to the first problem. */
  run(records: Float64Array, length: number): void;
  /** Destination of the last instruction that had one. */
  readonly resultHi: number;
  readonly resultLo: number;
  /** errno of the last operation of the host, 0 for success. */
  readonly lastErrno: number;
  /** The last fault that the guest took; vector -1 for none. */
  readonly lastFault: {
    readonly vector: number;
    readonly errorCode: number;
    readonly hi: number;
    readonly lo: number;
  };
  /** True once nothing more can run. */
  readonly stop: boolean;
}
