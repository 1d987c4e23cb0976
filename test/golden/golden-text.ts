import { compareText, integer, wrap, type RunView } from '../../core/index.ts';
import type { ScenarioRuns } from './scenario-runs.ts';

/** What is kept of a scenario's comparison: the report without the words of the script, then the commonest way of each run, step by step. */
export function goldenText({ file, description, runs }: ScenarioRuns): string {
  const { title, question } = description;
  const report = compareText({ file, title, question, claims: [], says: [] }, runs, [], null);
  return `${report}\n${waysText(runs).join('\n')}\n`;
}

/** Runs whose commonest way is the same stand together. */
function waysText(runs: readonly RunView[]): string[] {
  const groups = new Map<string, string[]>();
  for (const run of runs) {
    const way = commonestWay(run);
    groups.set(way, [...(groups.get(way) ?? []), run.result.configuration.name]);
  }
  return [
    'The way most accesses were served',
    ...[...groups].flatMap(([way, names]) => [...wrap(`${names.join(', ')}:`, '  '), ...wrap(way, '    ')]),
  ];
}

function commonestWay({ result }: RunView): string {
  const [first] = [...result.paths].sort((a, b) => b.count - a.count);
  if (first === undefined) return 'no access';
  const steps = first.steps.map(([name, times]) => (times === 1 ? name : `${name} x${times}`));
  return `${integer(first.count)} times: ${steps.join(', ')}`;
}
