import type { RunView } from '../../core/index.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says on standard error, once the report is out, which runs did not get to the end of their script: what they show is what happened
 * until then. That is a result and no failure of the command, unless `--strict` says so.
 */
export function tellStopped(runs: readonly RunView[], terminal: Terminal): void {
  const names = new Map<string, string[]>();
  for (const { result } of runs) {
    const { problem, configuration } = result;
    if (problem === null) continue;
    const place = problem.line > 0 ? `line ${problem.line}` : 'set-up';
    const why = `${problem.text} (${place})`;
    names.set(why, [...(names.get(why) ?? []), configuration.name]);
  }
  for (const [why, stopped] of names)
    terminal.err(`exitlab: ${stopped.join(', ')}: stopped before the script's end: ${why}\n`);
}
