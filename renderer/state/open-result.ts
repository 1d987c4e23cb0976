import type { ResultFile } from '../../host/contract/lab.ts';
import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { newDocument } from './documents.ts';
import { keepDraft } from './drafts.ts';
import { rememberPrices } from './known-cpus.ts';
import { restoredRun } from './run.ts';
import { addRun } from './runs.ts';
import { goToDocument, showDocument } from './show-document.ts';

/** Ending of the names of result files. */
export const RESULT_ENDING = '.exitlab.json';

export const isResultFile = (name: string): boolean => name.endsWith(RESULT_ENDING);

/** Opens the text of a result file: its script in an editor, its results in the panes. Rejects, and changes nothing, when it cannot be read. */
export async function openResult(bench: Bench, text: string): Promise<void> {
  const { notKept, ...file } = await bench.lab.call('results.import', { text });
  await showResult(bench, file);
  for (const why of notKept) announce(bench.announcer, en.run.notKept(why), 'error');
}

/** Shows a result that was read: its script in an editor, its results in the panes. `notes`: what must be known of it. */
export async function showResult(bench: Bench, file: ResultFile, notes: readonly string[] = []): Promise<void> {
  rememberPrices(file);
  const { run } = file;
  const id = `result:${run.runId}`;
  if (bench.documents.getState().open.some((document) => document.id === id)) goToDocument(bench, id);
  else {
    // As a script the text is in no file of the user's: it counts as unsaved, so that a draft keeps it.
    showDocument(bench, newDocument({ id, name: run.script.name, text: run.script.text, saved: '' }));
    await keepDraft(bench, id);
  }
  addRun(bench.runs, { ...restoredRun(run, id), notes });
  bench.view.getState().dock?.show('results');
}
