import type { Stage, StepName } from '../cost/steps.ts';
import type { PricedRun } from './priced-run.ts';
import type { Bounds } from './pricing.ts';

export interface StepDifference {
  readonly step: StepName;
  readonly stage: Stage;
  /** Steps an access more (or, negative, fewer). */
  readonly times: number;
  /** Cycles an access more or fewer. */
  readonly cycles: number;
}

export interface Difference {
  /** Cycles an access more or fewer. The bounds move every shared price together, so they are narrower than two ranges side by side. */
  readonly cycles: Bounds;
  /** Stages that differ, the largest difference first. */
  readonly stages: readonly { readonly stage: Stage; readonly cycles: number }[];
  /** Steps that differ, the largest difference first. */
  readonly steps: readonly StepDifference[];
}

/** What an access of one run costs more or less than one of another, step by step. */
export function difference(from: PricedRun, to: PricedRun): Difference {
  const sameModel = from.model.id === to.model.id;
  const names = new Map([...from.priced.steps, ...to.priced.steps].map(({ step, stage }) => [step, stage] as const));
  const steps: StepDifference[] = [];
  let low = 0;
  let high = 0;
  for (const [step, stage] of names) {
    const before = timesOf(from, step);
    const after = timesOf(to, step);
    const [old, fresh] = [from.model.prices[step], to.model.prices[step]];
    steps.push({ step, stage, times: after - before, cycles: after * fresh.value - before * old.value });
    if (sameModel) {
      const ends = [(after - before) * old.low, (after - before) * old.high];
      low += Math.min(...ends);
      high += Math.max(...ends);
    } else {
      low += after * fresh.low - before * old.high;
      high += after * fresh.high - before * old.low;
    }
  }
  const bySize = (a: { cycles: number }, b: { cycles: number }): number => Math.abs(b.cycles) - Math.abs(a.cycles);
  const stages = new Map<Stage, number>();
  for (const { stage, cycles } of steps) stages.set(stage, (stages.get(stage) ?? 0) + cycles);
  return {
    cycles: { value: steps.reduce((sum, { cycles }) => sum + cycles, 0), low, high },
    stages: [...stages]
      .map(([stage, cycles]) => ({ stage, cycles }))
      .filter(differs)
      .sort(bySize),
    steps: steps.filter((step) => differs(step) || step.times !== 0).sort(bySize),
  };
}

const differs = ({ cycles }: { cycles: number }): boolean => Math.abs(cycles) > 1e-9;

/** How often an access takes a step, on average. */
function timesOf({ priced }: PricedRun, step: StepName): number {
  const found = priced.steps.find((cost) => cost.step === step);
  return found === undefined || priced.accesses === 0 ? 0 : found.times / priced.accesses;
}
