import type { DivergenceKind } from '../reference/divergence.ts';

/** One configuration of the modelled machine, as the user names it. Every choice is a plain string or number. */
export interface Configuration {
  /** Short label, unique in a comparison, e.g. `ept/fast-mmio`. */
  readonly name: string;
  readonly cpu: string;
  /** With `shadow` the CPU's vendor says which of VMX and SVM it is. */
  readonly mmu: 'ept' | 'npt' | 'shadow';
  readonly kernel: string;
  readonly design: string;
  /** `default` (what the CPU generation needs), `none`, or ids joined by `+`. */
  readonly mitigations: string;
  /** KVM itself runs under a hypervisor: instruction length unset, skip by decode. */
  readonly nestedHost: boolean;
  readonly vpid: boolean;
  readonly hostPage: '4K' | '2M' | '1G';
  readonly seed: number;
  /** Switches (core/experiment/switches.ts) that differ from the default, by name. */
  readonly switches: Readonly<Record<string, boolean | number | string>>;
}

export interface PathResult {
  /** Step name and repeats, in order. */
  readonly steps: readonly (readonly [string, number])[];
  readonly count: number;
}

export interface DivergenceResult {
  readonly kind: DivergenceKind;
  readonly text: string;
  /** The access that caused it, as text, and its script line (0 unknown). */
  readonly access: string;
  readonly line: number;
  readonly count: number;
}

/** A guest fault, an errno of an ioctl the script made, or what stopped the vCPU. */
export interface NoteResult {
  readonly what: string;
  readonly line: number;
  readonly count: number;
}

/** A part of the run that the script named with `cpu.phase()`. */
export interface PhaseResult {
  readonly name: string;
  /** Accesses of this phase on each path of the result, in the same order. */
  readonly counts: readonly number[];
}

/** What one run yields. Counts only: prices are applied later. */
export interface RunResult {
  readonly configuration: Configuration;
  readonly accesses: number;
  readonly paths: readonly PathResult[];
  readonly phases: readonly PhaseResult[];
  /** What the host did beside the vCPU (ioctls, notifiers), after the set-up. */
  readonly hostPaths: readonly PathResult[];
  /** KVM's own statistics by name. */
  readonly stats: Readonly<Record<string, number>>;
  /** Exits by reason name. */
  readonly exits: Readonly<Record<string, number>>;
  /** Signals by eventfd name. */
  readonly eventfds: Readonly<Record<string, number>>;
  readonly userspaceExits: number;
  readonly divergences: readonly DivergenceResult[];
  readonly notes: readonly NoteResult[];
  /** What stopped the vCPU before the script's end, or null. */
  readonly problem: { readonly text: string; readonly line: number } | null;
  /** Cycles of the simulated clock under the configuration's own CPU model. */
  readonly clock: number;
  /** False when the reference was switched off for this run. */
  readonly checked: boolean;
}
