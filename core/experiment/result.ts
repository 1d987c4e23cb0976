import type { PageSize } from '../guest/setup.ts';
import type { Problem } from '../machine/machine.ts';
import type { Note } from '../machine/notes.ts';
import type { Phase } from '../machine/phases.ts';
import type { MachineSettings } from '../machine/settings.ts';
import type { Scheduling } from '../machine/smp/host-cpus.ts';
import type { Wait } from '../machine/smp/waits.ts';
import type { Divergence } from '../reference/divergence.ts';

/** One configuration of the modelled machine, as the user names it. Every choice is a plain string or number. */
export interface Configuration extends Omit<MachineSettings, 'switches'> {
  /** Short label, unique in a comparison, e.g. `ept/fast-mmio`. */
  readonly name: string;
  /** Size of the host pages behind guest memory where the script does not say. */
  readonly hostPage: PageSize;
  /** Switches (core/experiment/switches.ts) that differ from the default, by name; `prepare` checks them. */
  readonly switches: Readonly<Record<string, boolean | number | string>>;
}

export interface PathResult {
  /** Step name and repeats, in order. */
  readonly steps: readonly (readonly [string, number])[];
  readonly count: number;
}

/** One vCPU's part of a run in simulated time. */
export interface VcpuResult {
  readonly id: number;
  /** Instructions of its programs, handlers included. */
  readonly instructions: number;
  /** Everything it did. The result's own `paths` are those of all vCPUs. */
  readonly paths: readonly PathResult[];
  /** What it waited for, by the kernel's symbol. Not part of any path. */
  readonly waits: readonly Wait[];
  /** Simulated time in cycles when its last program ended. */
  readonly clock: number;
  /** What the host's scheduler did with it, where the vCPUs share CPUs (switch hostCpus). */
  readonly scheduling?: Scheduling;
}

/**
 * What a run of several vCPUs at the same time says beside its counts. Who met whom depended on the prices of the configuration's CPU: under
 * other prices the run has to be repeated.
 */
export interface TimedResult {
  readonly vcpus: readonly VcpuResult[];
  /** The VMM's own threads. */
  readonly host: readonly { readonly waits: readonly Wait[]; readonly clock: number }[];
  /** Cycles in which each CPU of the host had a vCPU, where the vCPUs share CPUs. */
  readonly hostCpus?: { readonly busy: readonly number[] };
}

/** What one run yields. Counts only: prices are applied later. */
export interface RunResult {
  readonly configuration: Configuration;
  readonly accesses: number;
  readonly paths: readonly PathResult[];
  /** Parts of the run that the script named with `cpu.phase()`; counts are of `paths`, in the same order. */
  readonly phases: readonly Phase[];
  /** What the host did beside the vCPU (ioctls, notifiers), after the set-up. */
  readonly hostPaths: readonly PathResult[];
  /** KVM's own statistics by name. */
  readonly stats: Readonly<Record<string, number>>;
  /** Exits by reason name. */
  readonly exits: Readonly<Record<string, number>>;
  /** Signals by eventfd name. */
  readonly eventfds: Readonly<Record<string, number>>;
  readonly userspaceExits: number;
  readonly divergences: readonly Divergence[];
  /** Guest faults, and errnos of ioctls that the script made. */
  readonly notes: readonly Note[];
  /** What stopped the vCPU before the script's end, or null. */
  readonly problem: Problem | null;
  /** Cycles of the simulated clock under the configuration's own CPU model. */
  readonly clock: number;
  /** Present when vCPUs ran at the same time (`cpu.together`). */
  readonly timed?: TimedResult;
  /** False when the reference was switched off for this run. */
  readonly checked: boolean;
}
