import type { CpuModel } from '../../cost/cpu-model.ts';
import { findCpuModel } from '../../cost/cpu-models.ts';
import { estimated } from '../../cost/cited.ts';
import type { StepName } from '../../cost/steps.ts';
import type { PricedRun } from '../priced-run.ts';
import { priceResult } from '../pricing.ts';
import type { Configuration, PathResult, RunResult } from '../result.ts';

const BASE: Configuration = {
  name: 'a',
  cpu: 'skylake-sp',
  mmu: 'ept',
  kernel: '7.0',
  design: 'fast-mmio',
  mitigations: 'default',
  nestedHost: false,
  vpid: true,
  hostPage: '4K',
  seed: 1,
  switches: {},
};

export function modelWith(prices: Partial<Record<StepName, readonly [number, number, number]>> = {}): CpuModel {
  const model = findCpuModel('skylake-sp');
  if (!model.ok) throw new Error(model.error);
  const changed = Object.entries(prices).map(([step, [low, value, high]]) => [
    step,
    estimated(value, [low, high], 'a test'),
  ]);
  return { ...model.value, prices: { ...model.value.prices, ...Object.fromEntries(changed) } };
}

/** A run of given paths, for tests of what is computed from results. */
export function runOf(
  paths: readonly PathResult[],
  model: CpuModel = modelWith(),
  configuration: Partial<Configuration> = {},
  more: Partial<RunResult> = {},
): PricedRun {
  const priced = priceResult(paths, model);
  if (!priced.ok) throw new Error(priced.error);
  const result: RunResult = {
    configuration: { ...BASE, ...configuration },
    accesses: paths.reduce((sum, { count }) => sum + count, 0),
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
    ...more,
  };
  return { result, priced: priced.value, model };
}

export const path = (count: number, ...steps: readonly (readonly [StepName, number])[]): PathResult => ({
  steps,
  count,
});
