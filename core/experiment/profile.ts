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
  const add = (shares: readonly Share[], cycles: number): void => {
    for (const [symbol, share] of shares)
      if (symbol === null) elsewhere += cycles * share;
      else sums.set(symbol, (sums.get(symbol) ?? 0) + cycles * share);
  };
  const symbols = new SymbolsOfPath(model.vendor);
  for (const { steps, count } of paths) {
    symbols.begin();
    steps.forEach(([step, times], at) => {
      const { value } = model.prices[step as StepName];
      add(symbols.of(step as StepName, steps[at + 1]?.[0] as StepName | undefined), value * times * count);
    });
  }
  for (const wait of waits) add(symbols.ofWait(wait), wait.cycles);
  const cycles = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const rows = [...sums].map(([symbol, own]) => ({ symbol, cycles: own, share: cycles === 0 ? 0 : own / cycles }));
  rows.sort((a, b) => b.cycles - a.cycles || (a.symbol < b.symbol ? -1 : 1));
  return { label, cycles, elsewhere, rows: rows.filter((row) => row.cycles > 0) };
}
