import type { Interval } from './interval.ts';
import type { Sensitivity } from './sensitivity.ts';

export type VerdictWord = 'better' | 'worse' | 'no difference' | 'inconclusive';

/** What a comparison comes to: of B against A, fewer cycles being better. */
export interface Verdict {
  readonly word: VerdictWord;
  /** Why, as half a sentence. */
  readonly why: string;
}

/** A difference of less than this part of A's cost is nobody's reason to choose. */
export const NEGLIGIBLE = 0.01;

export interface Evidence {
  /** Both sides took the same steps equally often, at the same prices. */
  readonly identical: boolean;
  /** The vCPUs shared CPUs of the host in other ways, and did not execute as many instructions: those that wait spin. Default false. */
  readonly unlike?: boolean;
  /** B - A, cycles an access, at best prices. */
  readonly difference: number;
  readonly interval: Interval;
  /** Cycles an access of A. */
  readonly costOfA: number;
  readonly sensitivities: readonly Sensitivity[];
  /** B - A at best prices for each seed of the workload, where there were several. */
  readonly seeds: { readonly count: number; readonly low: number; readonly high: number } | null;
}

/** The verdict and its reason. Identical runs are equal by construction: no probability is made up for them. */
export function verdictOf(evidence: Evidence): Verdict {
  const { identical, difference, interval, costOfA, sensitivities, seeds } = evidence;
  if (identical) return { word: 'no difference', why: 'both took the same steps, at the same prices' };
  if (evidence.unlike === true) {
    return {
      word: 'inconclusive',
      why: 'vCPUs spin for as long as they wait, so that a mean access is not the same work in both: see when the runs ended',
    };
  }
  const limit = NEGLIGIBLE * Math.abs(costOfA);
  if (Math.max(Math.abs(interval.low), Math.abs(interval.high)) < limit) {
    return { word: 'no difference', why: 'the whole interval lies within 1 % of the cost of A' };
  }
  if (seeds !== null && seeds.low < 0 && seeds.high > 0) {
    return { word: 'inconclusive', why: 'its sign changes with the seed of the workload' };
  }
  if (interval.low <= 0 && interval.high >= 0) {
    const decisive = sensitivities.find(({ decides }) => decides) ?? sensitivities[0];
    const because = decisive === undefined ? '' : `: most hangs on the price of ${decisive.step} (${decisive.kind})`;
    return { word: 'inconclusive', why: `the interval holds 0${because}` };
  }
  const least = Math.min(Math.abs(interval.low), Math.abs(interval.high));
  const small = least < limit ? ', though perhaps by less than 1 %' : '';
  return { word: difference < 0 ? 'better' : 'worse', why: `the interval lies on one side of 0${small}` };
}
