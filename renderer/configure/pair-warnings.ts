import type { Configuration, RunResult } from '../../core/index.ts';
import { resultText } from '../text/results.ts';
import { choicesThatDiffer } from './choices.ts';

const text = resultText.compare;

/** What is compared: a configuration, and its result where it ran. */
export interface Compared {
  readonly configuration: Configuration;
  readonly result: Pick<RunResult, 'paths' | 'accesses'> | null;
}

/** What must be known of two configurations before a difference between them is believed; nothing when they differ in one choice that shows. */
export function pairWarnings(a: Compared, b: Compared): string[] {
  const choices = choicesThatDiffer(a.configuration, b.configuration);
  const warnings: string[] = [];
  if (choices.length === 0) warnings.push(text.equal);
  if (choices.length > 1) warnings.push(text.many(choices));
  if (a.result === null || b.result === null) return warnings;
  if (a.result.accesses !== b.result.accesses) warnings.push(text.accesses(a.result.accesses, b.result.accesses));
  else if (choices.length > 0 && tookSamePaths(a.result, b.result)) {
    warnings.push(a.configuration.cpu === b.configuration.cpu ? text.samePaths : text.samePathsPriced);
  }
  return warnings;
}

/** True when every access took the same steps in both: the same paths, as often. */
export function tookSamePaths(a: Pick<RunResult, 'paths'>, b: Pick<RunResult, 'paths'>): boolean {
  const counted = ({ paths }: Pick<RunResult, 'paths'>): Map<string, number> =>
    new Map(paths.filter(({ count }) => count > 0).map(({ steps, count }) => [JSON.stringify(steps), count]));
  const [one, other] = [counted(a), counted(b)];
  return one.size === other.size && [...one].every(([path, count]) => other.get(path) === count);
}
