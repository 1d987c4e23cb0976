import { cycles, range } from '../charts/format.ts';
import { pairWarnings } from '../configure/pair-warnings.ts';
import { divergenceCount } from '../results/divergences.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { resultText } from '../text/results.ts';
import { differenceOf } from './comparison.ts';

const text = resultText.compare;

/** What a comparison comes to: one sentence, and what must be known before it is believed. */
export interface Verdict {
  readonly sentence: string;
  readonly warnings: readonly string[];
}

/** What must be known of two runs. */
export const warningsOf = ({ result: a }: PricedRun, { result: b }: PricedRun): string[] =>
  pairWarnings({ configuration: a.configuration, result: a }, { configuration: b.configuration, result: b });

export function verdictOf(a: PricedRun, b: PricedRun): Verdict {
  const { cycles: change } = differenceOf(a, b);
  const warnings = warningsOf(a, b);
  for (const run of new Set([a, b])) {
    const count = divergenceCount(run);
    if (count > 0) warnings.push(text.divergences(run.name, count));
  }
  return { sentence: sentenceOf(b.name, change, warnings), warnings };
}

function sentenceOf(b: string, change: { value: number; low: number; high: number }, warnings: string[]): string {
  if (Math.abs(change.value) < 1e-9) return text.same(b);
  if (change.low < 0 && change.high > 0) warnings.push(text.unsure);
  if (change.value > 0) return text.slower(b, cycles(change.value), range(change));
  return text.faster(b, cycles(-change.value), range({ low: -change.high, high: -change.low }));
}
