import { cpuModels, parseConfigurations, priceResult, type PathResult, type RunResult } from '../../core/index.ts';
import type { PricedRun } from './priced-runs.ts';

/** A small priced run for tests: real prices on paths made up here. */
export function madeRun(index: number, paths: readonly PathResult[], given: Partial<RunResult> = {}): PricedRun {
  const parsed = parseConfigurations({ mmus: ['ept'], designs: ['fast-mmio'] });
  if (!parsed.ok) throw new Error(parsed.error);
  const configuration = parsed.value[0]!;
  const model = cpuModels.find(({ id }) => id === configuration.cpu)!;
  const accesses = paths.reduce((sum, { count }) => sum + count, 0);
  const result: RunResult = {
    configuration: { ...configuration, name: `run ${index}` },
    accesses,
    paths,
    phases: [],
    hostPaths: [],
    stats: {},
    exits: {},
    eventfds: {},
    userspaceExits: 0,
    divergences: [],
    notes: [],
    problem: null,
    clock: 0,
    checked: true,
    ...given,
  };
  const priced = priceResult(paths, model);
  const host = priceResult(result.hostPaths, model);
  if (!priced.ok) throw new Error(priced.error);
  if (!host.ok) throw new Error(host.error);
  const outcome = { result, firsts: paths.map((_, n) => n + 1), lines: [], events: null, cached: false };
  return { index, name: result.configuration.name, outcome, result, priced: priced.value, host: host.value, model };
}

/** A kick: one exit, and what it needs on the way. */
export const KICK: PathResult['steps'] = [
  ['guest.write', 1],
  ['hw.vmexit', 1],
  ['kvm_io_bus_cmp', 2],
  ['hw.vmentry', 1],
];
