import type { Instruction } from '../guest/instruction.ts';
import type { GuestKernel } from '../guest/kernel/kernel.ts';
import type { KernelOp } from '../guest/kernel/ops.ts';
import type { VmStat } from '../guest/kernel/stats.ts';

/** What the machine asks of the guest's kernel. */
export interface GuestKernelSide {
  /** A page fault was delivered and its handler has not run yet. */
  readonly faultWaits: boolean;
  /** A fault is delivered to the guest: true when the kernel's handler will serve it, after the instruction has ended as a fault. */
  takes(vector: number, errorCode: number, hi: number, lo: number): boolean;
  /** Runs the handler, returns to the instruction and executes it again, until it is done or nobody can serve its fault. */
  serve(insn: Instruction): void;
  /** Carries out what the script asks of the kernel, and returns what the call returns. */
  apply(op: KernelOp): number;
  /** The kernel itself, for whoever looks into it. */
  readonly kernel: GuestKernel;
  /** The kernel's counters. */
  vmstat(): Readonly<Record<VmStat, number>>;
}
