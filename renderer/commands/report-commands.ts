import { openCalibrate } from '../calibrate/dialog-state.ts';
import { restoreStored, deletedLast } from '../history/history-actions.ts';
import { copyMail } from '../report/copy-mail.ts';
import type { Bench } from '../state/bench.ts';
import { shownRun } from '../state/runs.ts';
import { en } from '../text/en.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** What is done with results beside looking at them: reports, the history, calibration. */
export function reportCommands(bench: Bench): Command[] {
  return [
    {
      id: 'report.copyMail',
      title: text.copyMail,
      menu: 'run',
      group: 4,
      shortcuts: ['Mod+Alt+C'],
      enabled: () => shownRun(bench.runs.getState()) !== null,
      run: () => copyMail(bench),
    },
    {
      id: 'history.undo',
      title: text.undoDelete,
      menu: 'run',
      group: 4,
      enabled: () => deletedLast.getState().ids.length > 0,
      run: () => restoreStored(bench, deletedLast.getState().ids),
    },
    { id: 'calibrate.open', title: text.calibrate, menu: 'run', group: 4, run: openCalibrate },
  ];
}
