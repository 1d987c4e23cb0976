import { err, ok } from '../base/result.ts';
import { STAGES, STEP, STEPS } from '../cost/steps.ts';
import type { Result } from '../base/result.ts';
import type { Cited, CpuModel, Kind } from '../cost/cpu-model.ts';
import type { PathRow } from '../cost/paths.ts';
import type { Stage, StepName } from '../cost/steps.ts';
import type { PathResult } from './result.ts';

/**
 * Cycles with bounds: every price at its best, every price at its low end, every price at its high end. Bounds, not a confidence
 * interval: that all prices err to the same side is far less likely than the distance suggests, and two designs on one CPU err together.
 */
export interface Bounds {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface StageCost {
  readonly stage: Stage;
  readonly cycles: Bounds;
  /** Part of all cycles, 0 to 1, at best prices. */
  readonly share: number;
}

export interface StepCost {
  readonly step: StepName;
  readonly stage: Stage;
  readonly times: number;
  readonly cycles: Bounds;
  readonly price: Cited;
}

export interface PricedPath {
  readonly path: PathResult;
  /** Cycles of one access on this path. */
  readonly cycles: Bounds;
}

export interface PricedResult {
  readonly accesses: number;
  /** Cycles of the whole run. */
  readonly total: Bounds;
  /** Mean cycles of an access; 0 when there was none. */
  readonly perAccess: Bounds;
  /** Stages with a cost, in the order of STAGES. */
  readonly stages: readonly StageCost[];
  /** Steps taken, dearest first; equal ones in the order of STEPS. */
  readonly steps: readonly StepCost[];
  /** Paths in the order given. */
  readonly paths: readonly PricedPath[];
  /** Part of all cycles, 0 to 1, whose price was read, derived or estimated. */
  readonly provenance: Readonly<Record<Kind, number>>;
}

/** Prices counted paths under a CPU model. Pure arithmetic: nothing runs. Refuses a step that the model does not know. */
export function priceResult(paths: readonly PathResult[], model: Pick<CpuModel, 'prices'>): Result<PricedResult> {
  const times = new Map<StepName, number>();
  const priced: PricedPath[] = [];
  for (const path of paths) {
    const cycles = { value: 0, low: 0, high: 0 };
    for (const [name, repeats] of path.steps) {
      if (!isStep(name)) return err(`unknown step "${name}": the result is of another version`);
      addTimes(cycles, model.prices[name], repeats);
      times.set(name, (times.get(name) ?? 0) + repeats * path.count);
    }
    priced.push({ path, cycles });
  }
  const steps = stepCosts(times, model.prices);
  const total = sumOf(steps.map(({ cycles }) => cycles));
  const accesses = paths.reduce((sum, { count }) => sum + count, 0);
  const part = (cycles: number): number => (total.value === 0 ? 0 : cycles / total.value);
  return ok({
    accesses,
    total,
    perAccess: dividedBy(total, accesses),
    stages: stageCosts(steps, part),
    steps: [...steps].sort((a, b) => b.cycles.value - a.cycles.value || STEP[a.step] - STEP[b.step]),
    paths: priced,
    provenance: {
      read: part(ofKind(steps, 'read')),
      derived: part(ofKind(steps, 'derived')),
      estimated: part(ofKind(steps, 'estimated')),
    },
  });
}

/**
 * The access cost in cycles that a share `q` (0 to 1) of the accesses does not exceed, by nearest rank over paths weighted by their counts.
 * Exact: all accesses of a path cost the same. 0 when there was no access.
 */
export function percentile(priced: PricedResult, q: number): number {
  const sorted = [...priced.paths].sort((a, b) => a.cycles.value - b.cycles.value);
  const rank = Math.max(1, Math.ceil(q * priced.accesses));
  let seen = 0;
  for (const { path, cycles } of sorted) {
    seen += path.count;
    if (seen >= rank) return cycles.value;
  }
  return 0;
}

/** Ledger rows with the names of their steps, as results store them. */
export const nameSteps = (rows: readonly PathRow[]): PathResult[] =>
  rows.map(({ steps, count }) => ({
    steps: steps.map(({ step, times }) => [STEPS[step]!.name, times] as const),
    count,
  }));

const isStep = (name: string): name is StepName => Object.hasOwn(STEP, name);

function addTimes(sum: { value: number; low: number; high: number }, price: Bounds, times: number): void {
  sum.value += price.value * times;
  sum.low += price.low * times;
  sum.high += price.high * times;
}

function sumOf(parts: readonly Bounds[]): Bounds {
  const sum = { value: 0, low: 0, high: 0 };
  for (const part of parts) addTimes(sum, part, 1);
  return sum;
}

const dividedBy = ({ value, low, high }: Bounds, by: number): Bounds =>
  by === 0 ? { value: 0, low: 0, high: 0 } : { value: value / by, low: low / by, high: high / by };

function stepCosts(times: ReadonlyMap<StepName, number>, prices: CpuModel['prices']): StepCost[] {
  return STEPS.filter(({ name }) => times.has(name)).map(({ name, stage }) => {
    const cycles = { value: 0, low: 0, high: 0 };
    addTimes(cycles, prices[name], times.get(name)!);
    return { step: name, stage, times: times.get(name)!, cycles, price: prices[name] };
  });
}

function stageCosts(steps: readonly StepCost[], part: (cycles: number) => number): StageCost[] {
  return STAGES.map((stage) => {
    const cycles = sumOf(steps.filter((step) => step.stage === stage).map((step) => step.cycles));
    return { stage, cycles, share: part(cycles.value) };
  }).filter(({ cycles }) => cycles.high > 0);
}

const ofKind = (steps: readonly StepCost[], kind: Kind): number =>
  sumOf(steps.filter(({ price }) => price.kind === kind).map(({ cycles }) => cycles)).value;
