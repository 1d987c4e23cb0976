import type { CpuModel } from '../cost/cpu-model.ts';
import type { Scheduling } from '../machine/smp/host-cpus.ts';
import type { Wait } from '../machine/smp/waits.ts';
import { type Bounds, priceResult } from './pricing.ts';
import type { TimedResult } from './result.ts';

/** Where one vCPU's time went, in cycles. */
export interface VcpuAccount {
  readonly id: number;
  readonly instructions: number;
  /** What it did itself, priced like any path. */
  readonly own: Bounds;
  /** What it waited for others. It has no range of its own: it follows from the best values of all prices. */
  readonly waits: readonly Wait[];
  readonly waited: number;
  /** Simulated time at its end. */
  readonly clock: number;
  /** What the host's scheduler did with it, where the vCPUs share CPUs. */
  readonly scheduling?: Scheduling;
}

export interface TimedAccount {
  readonly vcpus: readonly VcpuAccount[];
  readonly host: TimedResult['host'];
  readonly hostCpus?: NonNullable<TimedResult['hostCpus']>;
}

const NOTHING: Bounds = { value: 0, low: 0, high: 0 };

/** Prices the vCPUs of a run in simulated time one by one, their waits apart. */
export function timedAccount({ vcpus, ...others }: TimedResult, model: Pick<CpuModel, 'prices'>): TimedAccount {
  return {
    vcpus: vcpus.map(({ id, instructions, paths, waits, clock, ...scheduled }) => {
      const priced = priceResult(paths, model);
      const waited = waits.reduce((sum, { cycles }) => sum + cycles, 0);
      return { id, instructions, own: priced.ok ? priced.value.total : NOTHING, waits, waited, clock, ...scheduled };
    }),
    ...others,
  };
}
