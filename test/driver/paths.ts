import { expect } from 'vitest';
import type { Prices } from '../../core/cost/prices/price-list.ts';
import type { Bound } from '../../core/cost/price-vector.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import type { StepName } from '../../core/cost/steps.ts';
import type { MachineDriver } from './machine-driver.ts';

/** Paths that accesses of `body` took, with how many took each. */
export function pathsOf(d: MachineDriver, body: (d: MachineDriver) => void): PathResult[] {
  const before = new Map(d.result().paths.map((path) => [JSON.stringify(path.steps), path.count]));
  body(d);
  expect(d.machine.problem).toBeNull();
  return d
    .result()
    .paths.map((path) => ({ ...path, count: path.count - (before.get(JSON.stringify(path.steps)) ?? 0) }))
    .filter(({ count }) => count > 0);
}

/** The path of the one access that `body` makes. */
export function pathOf(d: MachineDriver, body: (d: MachineDriver) => void): PathResult {
  const paths = pathsOf(d, body);
  expect(paths.map(({ count }) => count)).toEqual([1]);
  return paths[0]!;
}

/** Cycles of one access on a path. */
export const cyclesOf = (path: PathResult, prices: Prices, bound: Bound = 'value'): number =>
  path.steps.reduce((sum, [name, times]) => sum + prices[name as StepName][bound] * times, 0);
