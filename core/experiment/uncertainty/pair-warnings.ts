import type { Configuration, RunResult } from '../result.ts';
import { choicesThatDiffer } from './choices-that-differ.ts';
import { tookSamePaths } from './same-paths.ts';

/** What is compared: a configuration, and its result where it ran. */
export interface Compared {
  readonly configuration: Configuration;
  readonly result: Pick<RunResult, 'accesses' | 'paths' | 'checked' | 'divergences' | 'problem'> | null;
}

/** What must be known of two configurations before a difference between them is believed; nothing when they differ in one choice that shows. */
export function pairWarnings(a: Compared, b: Compared): string[] {
  const choices = choicesThatDiffer(a.configuration, b.configuration);
  const warnings: string[] = [];
  if (choices.length === 0) warnings.push('the two configurations are equal');
  if (choices.length > 1) {
    const names = choices.map(({ what }) => what).join(', ');
    warnings.push(`more than one thing differs (${names}): the difference is of all of them together`);
  }
  if (a.result === null || b.result === null) return warnings;
  if (a.result.accesses !== b.result.accesses) {
    warnings.push(
      `A made ${a.result.accesses} accesses and B ${b.result.accesses}: costs are means of unlike programs`,
    );
  } else if (choices.length > 0 && tookSamePaths(a.result, b.result)) {
    warnings.push(
      a.configuration.cpu === b.configuration.cpu
        ? 'the two never diverged: every access took the same steps in both'
        : 'every access took the same steps in both: only prices differ',
    );
  }
  for (const { configuration, result } of new Set([a, b])) {
    if (result === null) continue;
    const { name } = configuration;
    const count = result.divergences.reduce((sum, one) => sum + one.count, 0);
    if (!result.checked) warnings.push(`${name} was not checked against the reference`);
    else if (count > 0)
      warnings.push(
        `in ${name} the guest observed something else than it must (${count} ${count === 1 ? 'divergence' : 'divergences'})`,
      );
    if (result.problem !== null) warnings.push(`${name} stopped before its end: ${result.problem.text}`);
  }
  return warnings;
}
