import type { Bench } from '../state/bench.ts';
import { activeDocument } from '../state/documents.ts';
import { exportRun, importRun } from '../state/result-files.ts';
import { runningRun, shownRun } from '../state/runs.ts';
import { cancelRun, startRun } from '../state/start-run.ts';
import { en } from '../text/en.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** Running, and what came of it. */
export function runCommands(bench: Bench): Command[] {
  const { runs, documents } = bench;
  const isRunning = (): boolean => runningRun(runs.getState()) !== null;
  return [
    {
      id: 'run.start',
      title: text.run,
      menu: 'run',
      group: 0,
      shortcuts: ['Mod+Enter', 'F5'],
      enabled: () => activeDocument(documents.getState()) !== null && !isRunning(),
      run: () => startRun(bench),
    },
    {
      id: 'run.cancel',
      title: text.cancel,
      menu: 'run',
      group: 0,
      shortcuts: ['Mod+.', 'Shift+F5'],
      enabled: isRunning,
      run: () => cancelRun(bench),
    },
    {
      id: 'run.export',
      title: text.exportResult,
      menu: 'run',
      group: 1,
      enabled: () => shownRun(runs.getState()) !== null,
      run: () => exportRun(bench),
    },
    { id: 'run.import', title: text.importResult, menu: 'run', group: 1, run: () => importRun(bench) },
  ];
}
