import type { StepName } from '../cost/steps.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import type { Wait } from '../machine/smp/waits.ts';
import type { Configuration, PathResult, RunResult } from './result.ts';
import { type Share, SymbolsOfPath } from './symbols.ts';

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

/** What the numbers are of: CPU, MMU, kernel and design, and of the rest whatever is not the default. */
function labelOf(configuration: Configuration, { name }: CpuModel): string {
  const { mmu, kernel, design, mitigations, nestedHost, vpid, hostPage, switches } = configuration;
  return [
    `${name}, ${mmu}, Linux ${kernel}, design ${design}`,
    ...(mitigations === 'default' ? [] : [`mitigations ${mitigations}`]),
    ...(nestedHost ? ['under a hypervisor'] : []),
    ...(vpid ? [] : ['no vpid']),
    ...(hostPage === '4K' ? [] : [`host pages ${hostPage}`]),
    ...Object.entries(switches).map(([switched, value]) => `${switched}=${value}`),
  ].join(', ');
}

function profile(label: string, paths: readonly PathResult[], waits: readonly Wait[], model: CpuModel): Profile {
  const sums = new Map<string, number>();
  let elsewhere = 0;
  eachShare(paths, waits, model, (_, symbol, cycles) => {
    if (symbol === null) elsewhere += cycles;
    else sums.set(symbol, (sums.get(symbol) ?? 0) + cycles);
  });
  const cycles = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const rows = [...sums].map(([symbol, own]) => ({ symbol, cycles: own, share: cycles === 0 ? 0 : own / cycles }));
  rows.sort((a, b) => b.cycles - a.cycles || (a.symbol < b.symbol ? -1 : 1));
  return { label, cycles, elsewhere, rows: rows.filter((row) => row.cycles > 0) };
}

/** Cycles under who took them: configuration, vCPU where several ran, the instruction that left the guest, kernel symbol. */
export interface ProfileStack {
  readonly frames: readonly string[];
  /** The symbol is one of the host's kernel; else the guest, a halted CPU or userspace. */
  readonly isKernel: boolean;
  /** Of the whole run, at best prices. */
  readonly cycles: number;
}

/** The profile as stacks, in the order of first appearance. They add up to its cycles: waits that spin count, those that sleep do not. */
export function profileStacks(result: RunResult, model: CpuModel): ProfileStack[] {
  const { name } = result.configuration;
  const { timed } = result;
  const sums = new Map<string, { frames: string[]; isKernel: boolean; cycles: number }>();
  const add = (root: readonly string[], paths: readonly PathResult[], waits: readonly Wait[]): void =>
    eachShare(paths, waits, model, (instruction, symbol, cycles) => {
      const frames = [...root, instruction, symbol ?? 'elsewhere'];
      const key = frames.join('\n');
      const known = sums.get(key);
      if (known === undefined) sums.set(key, { frames, isKernel: symbol !== null, cycles });
      else known.cycles += cycles;
    });
  if (timed === undefined) add([name], result.paths, []);
  else
    for (const { id, paths, waits } of timed.vcpus)
      add(
        [name, `vCPU ${id}`],
        paths,
        waits.filter(({ kind }) => kind === 'spins'),
      );
  return [...sums.values()].filter(({ cycles }) => cycles > 0);
}

/** What a spinning wait stands under, where an access has its instruction. */
const WAIT = 'waits';

/** Calls `visit` for each part of a step or wait that falls on one symbol; null is what the kernel's profile does not show. */
function eachShare(
  paths: readonly PathResult[],
  waits: readonly Wait[],
  model: CpuModel,
  visit: (instruction: string, symbol: string | null, cycles: number) => void,
): void {
  const symbols = new SymbolsOfPath(model.vendor);
  const add = (instruction: string, shares: readonly Share[], cycles: number): void => {
    for (const [symbol, share] of shares) visit(instruction, symbol, cycles * share);
  };
  for (const { steps, count } of paths) {
    symbols.begin();
    const instruction = steps[0]?.[0] ?? 'nothing';
    steps.forEach(([step, times], at) => {
      const { value } = model.prices[step as StepName];
      const next = steps[at + 1]?.[0] as StepName | undefined;
      add(instruction, symbols.of(step as StepName, next), value * times * count);
    });
  }
  for (const wait of waits) add(WAIT, symbols.ofWait(wait), wait.cycles);
}
