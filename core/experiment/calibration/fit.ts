import type { Bounds } from '../pricing.ts';
import type { StepName } from '../../cost/steps.ts';
import { cholesky, solve } from './cholesky.ts';
import { type DependentSteps, dependentSteps } from './dependent-steps.ts';

/** One measured number: how often each step is in it, what was measured, and how far that can be trusted. */
export interface Equation {
  readonly name: string;
  readonly times: ReadonlyMap<string, number>;
  /** Cycles. */
  readonly measured: number;
  /** Standard deviation of the measured value, cycles. */
  readonly sigma: number;
}

export interface FittedPrice {
  readonly step: StepName;
  readonly prior: Bounds;
  readonly value: number;
  /** Standard deviation left. */
  readonly sigma: number;
  /** How much of the prior's variance the rows took away, 0 to 1. */
  readonly learned: number;
  /** True where the rows asked for less than nothing and the price was held at 0: they told that something is amiss, not what it is. */
  readonly held: boolean;
}

export interface FittedRow {
  readonly name: string;
  readonly measured: number;
  /** By the prices before. */
  readonly before: number;
  readonly fitted: number;
  /** By the prices that all other rows give; null for the only row. */
  readonly leftOut: number | null;
}

export interface Fit extends DependentSteps {
  readonly prices: readonly FittedPrice[];
  readonly rows: readonly FittedRow[];
}

/** A range is taken for the middle 95 % of a normal prior: its half is two standard deviations. */
const priorSigma = ({ low, high }: Bounds): number => (high - low) / 4;

/**
 * Prices from measured rows: least squares, regularised by the prices' own ranges (the posterior mean of a linear model with normal priors). A price
 * without a range stays. A price that would fall below 0 is held at 0 and the others are fitted again.
 */
export function fitPrices(equations: readonly Equation[], priors: ReadonlyMap<string, Bounds>): Fit {
  const steps = [...new Set(equations.flatMap(({ times }) => [...times.keys()]))] as StepName[];
  const all = posterior(equations, steps, priors);
  const rows = equations.map((equation, n): FittedRow => {
    const others = equations.filter((_, m) => m !== n);
    const leftOut = others.length === 0 ? null : costOf(equation, posterior(others, steps, priors).value);
    const prior = new Map(steps.map((step) => [step, priors.get(step)!.value]));
    return {
      name: equation.name,
      measured: equation.measured,
      before: costOf(equation, prior),
      fitted: costOf(equation, all.value),
      leftOut,
    };
  });
  const prices = steps.map((step): FittedPrice => {
    const prior = priors.get(step)!;
    const before = priorSigma(prior) ** 2;
    const held = all.held.has(step);
    const after = held ? before : all.variance.get(step)!;
    return {
      step,
      prior,
      value: all.value.get(step)!,
      sigma: Math.sqrt(after),
      learned: before === 0 ? 0 : 1 - after / before,
      held,
    };
  });
  const uncertain = steps.filter((step) => priorSigma(priors.get(step)!) > 0);
  return { prices, rows, ...dependentSteps(equations, uncertain) };
}

const costOf = ({ times }: Equation, prices: ReadonlyMap<string, number>): number =>
  [...times].reduce((sum, [step, count]) => sum + count * (prices.get(step) ?? 0), 0);

interface Posterior {
  readonly value: Map<StepName, number>;
  readonly variance: Map<StepName, number>;
  readonly held: ReadonlySet<StepName>;
}

/** Mean and variance of each price after the rows, with negative means held at 0. */
function posterior(
  equations: readonly Equation[],
  steps: readonly StepName[],
  priors: ReadonlyMap<string, Bounds>,
): Posterior {
  const held = new Set<StepName>();
  for (;;) {
    const found = unconstrained(equations, steps, priors, held);
    const negative = steps.filter((step) => found.value.get(step)! < -1e-9);
    if (negative.length === 0) return { ...found, held };
    for (const step of negative) held.add(step);
  }
}

function unconstrained(
  equations: readonly Equation[],
  steps: readonly StepName[],
  priors: ReadonlyMap<string, Bounds>,
  held: ReadonlySet<string>,
): Omit<Posterior, 'held'> {
  const n = equations.length;
  const mean = (step: string): number => (held.has(step) ? 0 : priors.get(step)!.value);
  const variance = (step: string): number => (held.has(step) ? 0 : priorSigma(priors.get(step)!) ** 2);
  const k = new Float64Array(n * n);
  const residual = new Float64Array(n);
  equations.forEach((row, i) => {
    residual[i] = row.measured;
    for (const [step, times] of row.times) {
      residual[i]! -= times * mean(step);
      equations.forEach(({ times: others }, j) => {
        k[i * n + j]! += times * variance(step) * (others.get(step) ?? 0);
      });
    }
    k[i * n + i]! += row.sigma ** 2;
  });
  const l = cholesky(k, n);
  const weights = solve(l, n, residual);
  const value = new Map<StepName, number>();
  const left = new Map<StepName, number>();
  for (const step of steps) {
    const column = equations.map(({ times }) => times.get(step) ?? 0);
    const v = variance(step);
    value.set(step, mean(step) + v * column.reduce((sum, count, i) => sum + count * weights[i]!, 0));
    const explained = solve(l, n, column);
    left.set(step, Math.max(0, v - v * v * column.reduce((sum, count, i) => sum + count * explained[i]!, 0)));
  }
  return { value, variance: left };
}

/**
 * Part of the prior variance of a cost, 0 to 1, that the rows take away: 1 for a cost that is one of the rows (measured exactly), 0 for one that shares no
 * uncertain step with any. 1 where nothing was uncertain.
 */
export function explainedVariance(
  times: ReadonlyMap<string, number>,
  equations: readonly Equation[],
  priors: ReadonlyMap<string, Bounds>,
): number {
  const n = equations.length;
  const covariance = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number =>
    [...one].reduce((sum, [step, count]) => {
      const more = other.get(step);
      return more === undefined ? sum : sum + count * more * priorSigma(priors.get(step)!) ** 2;
    }, 0);
  const before = covariance(times, times);
  if (before === 0) return 1;
  const k = new Float64Array(n * n);
  equations.forEach((row, i) => {
    equations.forEach((other, j) => {
      k[i * n + j] = covariance(row.times, other.times) + (i === j ? row.sigma ** 2 : 0);
    });
  });
  const cross = equations.map((row) => covariance(row.times, times));
  const weights = solve(cholesky(k, n), n, cross);
  return Math.min(1, cross.reduce((sum, value, i) => sum + value * weights[i]!, 0) / before);
}
