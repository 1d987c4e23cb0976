import type { Configuration } from '../../core/index.ts';
import { cycles, range } from '../charts/format.ts';
import { divergenceCount } from '../results/divergences.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { resultText } from '../text/results.ts';
import { differenceOf, tookSamePaths } from './comparison.ts';

const text = resultText.compare;

/** What a comparison comes to: one sentence, and what must be known before it is believed. */
export interface Verdict {
  readonly sentence: string;
  readonly warnings: readonly string[];
}

const FIELDS = [
  'cpu',
  'mmu',
  'kernel',
  'design',
  'mitigations',
  'hostPage',
  'vpid',
  'nestedHost',
  'seed',
] as const satisfies readonly (keyof Configuration)[];

/** Names of the choices in which two configurations differ. */
export function choicesThatDiffer(a: Configuration, b: Configuration): string[] {
  const fields: string[] = FIELDS.filter((field) => a[field] !== b[field]);
  // An MMU flavour needs a CPU of its vendor: the two are one choice.
  const chosen = a.mmu !== b.mmu ? fields.filter((field) => field !== 'cpu') : fields;
  const switches = [...new Set([...Object.keys(a.switches), ...Object.keys(b.switches)])];
  return [...chosen, ...switches.filter((name) => a.switches[name] !== b.switches[name])];
}

export function verdictOf(a: PricedRun, b: PricedRun): Verdict {
  const { cycles: change } = differenceOf(a, b);
  const choices = choicesThatDiffer(a.result.configuration, b.result.configuration);
  const warnings: string[] = [];
  if (choices.length === 0) warnings.push(text.equal);
  if (choices.length > 1) warnings.push(text.many(choices));
  if (a.result.accesses !== b.result.accesses) warnings.push(text.accesses(a.result.accesses, b.result.accesses));
  else if (choices.length > 0 && tookSamePaths(a.result, b.result)) {
    warnings.push(a.model.id === b.model.id ? text.samePaths : text.samePathsPriced);
  }
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
