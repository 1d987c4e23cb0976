import { configurationsNamed } from '../text/named.ts';
import type { BenchRun, RunEntry } from './run.ts';

/** One line of console.log, and on which configurations it was said. */
export interface OutputLine {
  readonly text: string;
  readonly where: string;
}

/** Configurations named beside a line. */
const MOST_NAMES = 3;

/**
 * What a run's script said with console.log, in order; what several configurations said alike, line for line, stands once. A
 * configuration that the lab did not run again said what it said in one of the `known` runs.
 */
export function outputOf(run: BenchRun, known: readonly BenchRun[] = []): OutputLine[] {
  const groups = new Map<string, { lines: readonly string[]; names: string[] }>();
  for (const entry of run.entries) {
    const { configuration } = entry;
    const messages = messagesOf(entry, run, known);
    if (messages.length === 0) continue;
    const key = JSON.stringify(messages);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { lines: messages, names: [configuration.name] });
    else group.names.push(configuration.name);
  }
  return [...groups.values()].flatMap(({ lines, names }) => {
    const where = configurationsNamed(names, run.entries.length, MOST_NAMES);
    return lines.map((text) => ({ text, where }));
  });
}

function messagesOf(
  { messages, outcome, key }: RunEntry,
  run: BenchRun,
  known: readonly BenchRun[],
): readonly string[] {
  if (messages.length > 0 || outcome?.cached !== true) return messages;
  const same = known.filter(({ script }) => script.text === run.script.text);
  return (
    same.flatMap(({ entries }) => entries).find((entry) => entry.key === key && entry.messages.length > 0)?.messages ??
    []
  );
}
