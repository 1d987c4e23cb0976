import type { Configuration } from '../../core/index.ts';
import { configurationKey } from './configuration-key.ts';
import type { RunEntry } from './run.ts';
import { latestRunOf, type RunsState } from './runs.ts';

/** What the last run of a document says about a configuration; null when it ran another text or another configuration. */
export function entryFor(
  state: RunsState,
  document: string,
  text: string,
  configuration: Configuration,
): RunEntry | null {
  const run = latestRunOf(state, document);
  if (run === null || run.script.text !== text) return null;
  const key = configurationKey(configuration);
  return run.entries.find((entry) => entry.key === key) ?? null;
}
