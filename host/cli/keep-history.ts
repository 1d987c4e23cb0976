import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Configuration, LeftOut, RunView } from '../../core/index.ts';
import type { StoredRun } from '../contract/lab.ts';
import { makeResultFile } from '../lab/result-files.ts';
import { cpusFolder, keptCpus } from '../report/kept-cpus.ts';
import { History } from '../store/history.ts';
import { historyPath } from '../store/history-path.ts';
import { last, type Given, type OptionSpec } from './arguments.ts';
import type { Experiment } from './experiment.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export const HISTORY_OPTION: OptionSpec = { name: 'no-history', help: 'do not store the run in the history' };

/** Stores what was run where `exitlab history` and the window find it. A history that cannot be written is told and ends nothing. */
export function keepInHistory(
  { script, scenario, check, cpuFile }: Pick<Experiment, 'script' | 'scenario' | 'check' | 'cpuFile'>,
  asked: readonly Configuration[],
  runs: readonly RunView[],
  leftOut: readonly LeftOut[],
  options: Given,
  terminal: Terminal,
): void {
  if (last(options, 'no-history') !== undefined || runs.length === 0) return;
  // Counts at a host's prices are stored as such (`haswell@host`): a report of them has the numbers that were shown.
  const atHost = (configuration: Configuration): Configuration =>
    cpuFile !== null && cpuFile.base === configuration.cpu
      ? { ...configuration, cpu: `${cpuFile.base}@${cpuFile.host.name}` }
      : configuration;
  const configurations = asked.map(atHost);
  const run: StoredRun = {
    runId: runIdOf(script.text, configurations),
    script: { name: resolve(script.file), text: script.text },
    options: { check, events: 0, seconds: 0 },
    configurations,
    outcomes: asked.map((configuration) => {
      const view = runs.find(
        ({ result }) => result.configuration === configuration || result.configuration.name === configuration.name,
      );
      if (view === undefined) {
        const message = leftOut.find(({ name }) => name === configuration.name)?.why ?? 'it was not run';
        return { kind: 'refused' as const, message, line: 0, column: 0 };
      }
      const result = { ...view.result, configuration: atHost(view.result.configuration) };
      return { result, firsts: view.result.paths.map(() => 0), lines: [], events: null, cached: false };
    }),
  };
  const opened = History.open(historyPath());
  if (!opened.ok) {
    terminal.err(`exitlab: the run is not stored: ${opened.error}\n`);
    return;
  }
  try {
    opened.value.add(
      makeResultFile(run, version(), [...(cpuFile === null ? [] : [cpuFile]), ...keptCpus(cpusFolder()).cpus]),
      scenario.title,
    );
  } catch (error) {
    terminal.err(`exitlab: the run is not stored: ${(error as Error).message}\n`);
  } finally {
    opened.value.close();
  }
}

/** The same for the same runs, another for others: a window that opens two tells them apart. */
function runIdOf(script: string, configurations: readonly Configuration[]): string {
  const hash = createHash('sha256').update(JSON.stringify([script, configurations]));
  return `cli-${hash.digest('hex').slice(0, 24)}`;
}
