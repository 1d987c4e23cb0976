import { err, ok, type Result } from '../../base/result.ts';
import type { Stage, StepName } from '../../cost/steps.ts';
import { pricePhases } from '../phases.ts';
import type { PricedRun } from '../priced-run.ts';
import { stepTimes } from './step-times.ts';

/** Price of a step at which both sides cost the same, all others at their best value. */
export interface PriceBreakEven {
  readonly step: StepName;
  readonly stage: Stage;
  /** Cycles on A's CPU. On another CPU B's price moves by the same factor. */
  readonly price: number;
  /** The price now. */
  readonly now: number;
  /** True when it lies in the range of the price: the verdict hangs on it. */
  readonly inRange: boolean;
}

/** A price further off than this is no answer. */
export const FURTHEST = 100;

/**
 * Break-even prices that are not negative nor more than FURTHEST times what the price is now, the nearest (as a factor) first. Exact: cost
 * is linear in a price.
 */
export function breakEvenPrices(a: PricedRun, b: PricedRun, difference: number): PriceBreakEven[] {
  const rows: PriceBreakEven[] = [];
  for (const { step, stage, timesA, timesB } of stepTimes(a, b)) {
    const [priceA, priceB] = [a.model.prices[step], b.model.prices[step]];
    const part = timesB * priceB.value - timesA * priceA.value;
    if (part === 0) continue;
    const factor = 1 - difference / part;
    const price = factor * priceA.value;
    if (factor < 0 || factor > FURTHEST) continue;
    const inRange = price >= priceA.low && price <= priceA.high;
    rows.push({ step, stage, price, now: priceA.value, inRange });
  }
  const far = ({ price, now }: PriceBreakEven): number => Math.abs(Math.log((price + 1e-9) / (now + 1e-9)));
  return rows.sort((one, other) => far(one) - far(other));
}

/** Share of accesses in one phase at which both sides cost the same. */
export interface ShareBreakEven {
  readonly phase: string;
  /** 0 to 1. */
  readonly share: number;
  /** The share now. */
  readonly now: number;
  /** Which side is cheaper above that share. */
  readonly above: 'A' | 'B';
}

/**
 * Break-even share of a phase against all other phases together, whose mix stays as it is. Exact: the mean cost is linear in the share.
 * A sentence when the runs have no such phase, or when the sign of the difference is the same at any share.
 */
export function breakEvenShare(a: PricedRun, b: PricedRun, phase: string): Result<ShareBreakEven> {
  const [phasesA, phasesB] = [pricePhases(a.result, a.model), pricePhases(b.result, b.model)];
  const found = phasesA.find(({ name }) => name === phase);
  const other = phasesB.find(({ name }) => name === phase);
  if (found === undefined || other === undefined) {
    const names = phasesA.map(({ name }) => name);
    return err(
      names.length === 0
        ? 'the script names no phases: put cpu.phase() before its parts to ask for a share'
        : `there is no phase '${phase}'; there are ${names.join(', ')}`,
    );
  }
  const rest = (list: typeof phasesA): { cycles: number; accesses: number } => {
    const others = list.filter(({ name }) => name !== phase);
    const accesses = others.reduce((sum, one) => sum + one.accesses, 0);
    const cycles = others.reduce((sum, one) => sum + one.accesses * one.cycles.value, 0);
    return { accesses, cycles: accesses === 0 ? 0 : cycles / accesses };
  };
  const [restA, restB] = [rest(phasesA), rest(phasesB)];
  if (restA.accesses === 0) return err(`all accesses are of phase '${phase}': there is no other to weigh it against`);
  const inside = other.cycles.value - found.cycles.value;
  const outside = restB.cycles - restA.cycles;
  const share = outside / (outside - inside);
  if (!(share >= 0 && share <= 1)) {
    return err(`${inside + outside < 0 ? 'B' : 'A'} is cheaper at any share of '${phase}'`);
  }
  return ok({
    phase,
    share,
    now: found.accesses / (found.accesses + restA.accesses),
    above: inside < 0 ? 'B' : 'A',
  });
}

/**
 * The point between `low` and `high` at which a difference that must be run to be known changes its sign, by bisection. `differenceAt` is
 * asked `steps` times beyond the two ends. Null when both ends have the same sign.
 */
export async function bisect(
  differenceAt: (at: number) => Promise<number>,
  low: number,
  high: number,
  steps: number,
): Promise<{ readonly low: number; readonly high: number } | null> {
  const left = await differenceAt(low);
  const right = await differenceAt(high);
  if (left === 0) return { low, high: low };
  if (right === 0) return { low: high, high };
  if (Math.sign(left) === Math.sign(right)) return null;
  let [from, to] = [low, high];
  for (let i = 0; i < steps; i++) {
    const middle = (from + to) / 2;
    const found = await differenceAt(middle);
    if (found === 0) return { low: middle, high: middle };
    if (Math.sign(found) === Math.sign(left)) from = middle;
    else to = middle;
  }
  return { low: from, high: to };
}
