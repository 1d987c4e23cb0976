import type { StepName } from '../cost/steps.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import type { Wait } from '../machine/smp/waits.ts';
import type { Configuration, PathResult, RunResult } from './result.ts';
import { symbolOf } from './symbols.ts';

/** Cycles by kernel symbol, as `perf top` of the host would list them. */
export interface Profile {
  /** What the numbers are of: configuration, CPU, and the vCPU where there are several. */
  readonly label: string;
  /** Cycles in the host's kernel, at best prices; what the percentages are of. */
  readonly cycles: number;
  /** Cycles that the kernel's profile leaves out: guest, halted, userspace. */
  readonly elsewhere: number;
  /** Largest first. */
  readonly rows: readonly { readonly symbol: string; readonly cycles: number; readonly share: number }[];
}

/** Steps from which on the vCPU is on its way into the guest. */
const ENTERING = new Set<string>(['vcpu_run', 'vcpu_enter_guest.exit_check', 'vmx_vcpu_run', 'svm_vcpu_run']);

/** One profile of the run, or one of each vCPU where several ran at the same time. Spinning waits count, sleeping ones do not. */
export function profilesOf(result: RunResult, model: CpuModel): Profile[] {
  const label = labelOf(result.configuration, model);
  const { timed } = result;
  if (timed === undefined) return [profile(label, result.paths, [], model)];
  const all = timed.vcpus;
  return [
    profile(
      `${label}, all ${all.length} vCPUs`,
      all.flatMap(({ paths }) => paths),
      all.flatMap(({ waits }) => waits),
      model,
    ),
    ...all.map(({ id, paths, waits }) => profile(`${label}, vCPU ${id}`, paths, waits, model)),
  ];
}

const labelOf = ({ mmu, kernel, design }: Configuration, { name }: CpuModel): string =>
  `${name}, ${mmu}, Linux ${kernel}, design ${design}`;

function profile(label: string, paths: readonly PathResult[], waits: readonly Wait[], model: CpuModel): Profile {
  const sums = new Map<string, number>();
  let elsewhere = 0;
  const add = (symbol: string | null, cycles: number): void => {
    if (symbol === null) elsewhere += cycles;
    else sums.set(symbol, (sums.get(symbol) ?? 0) + cycles);
  };
  for (const { steps, count } of paths) {
    let entering = false;
    for (const [step, times] of steps) {
      if (step === 'hw.vmexit') entering = false;
      else if (ENTERING.has(step)) entering = true;
      const { value } = model.prices[step as StepName];
      add(symbolOf(step as StepName, model.vendor, entering), value * times * count);
    }
  }
  for (const { symbol, kind, cycles } of waits) add(kind === 'spins' ? symbol : null, cycles);
  const cycles = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const rows = [...sums].map(([symbol, own]) => ({ symbol, cycles: own, share: cycles === 0 ? 0 : own / cycles }));
  rows.sort((a, b) => b.cycles - a.cycles || (a.symbol < b.symbol ? -1 : 1));
  return { label, cycles, elsewhere, rows: rows.filter((row) => row.cycles > 0) };
}
