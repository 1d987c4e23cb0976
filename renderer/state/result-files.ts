import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { failureOf } from './failure.ts';
import { openResult, RESULT_ENDING } from './open-result.ts';
import { askForPath, saveUnderName } from './save-as.ts';
import { shownRun } from './runs.ts';

/** Writes the shown run as a result file: script, configurations, counts and price lists. */
export async function exportRun(bench: Bench): Promise<void> {
  const run = shownRun(bench.runs.getState());
  if (run === null) return;
  try {
    const { text } = await bench.lab.call('results.export', { runId: run.runId });
    const suggested = `${run.script.name.replace(/\.ts$/, '')}${RESULT_ENDING}`;
    await saveUnderName(bench, en.results.exportTitle, suggested, (name, overwrite) =>
      bench.lab.call('files.saveAs', { name, text, overwrite }),
    );
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}

/** Opens a result file: its script in an editor, its results in the panes. */
export async function importRun(bench: Bench): Promise<void> {
  try {
    const path = bench.about.dialogs ? null : await askForPath(bench, en.results.importTitle, '');
    if (path === null && !bench.about.dialogs) return;
    const file = await bench.lab.call('files.open', { path });
    if (file === null) return;
    await openResult(bench, file.text);
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}
