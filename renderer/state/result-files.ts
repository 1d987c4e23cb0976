import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { newDocument } from './documents.ts';
import { failureOf } from './failure.ts';
import { showDocument } from './open-document.ts';
import { ask } from './questions.ts';
import { restoredRun } from './run.ts';
import { addRun, shownRun } from './runs.ts';

/** Writes the shown run as a result file: script, configurations, counts and price lists. */
export async function exportRun(bench: Bench): Promise<void> {
  const run = shownRun(bench.runs.getState());
  if (run === null) return;
  try {
    const { text } = await bench.lab.call('results.export', { runId: run.runId });
    const suggested = `${run.script.name.replace(/\.ts$/, '')}.exitlab.json`;
    const name = bench.about.dialogs ? suggested : await askForPath(bench, en.results.exportTitle, suggested);
    if (name === null) return;
    const stamp = await bench.lab.call('files.saveAs', { name, text, overwrite: false });
    if (stamp !== null) announce(bench.announcer, en.files.savedAs(stamp.path));
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
    const { run } = await bench.lab.call('results.import', { text: file.text });
    const id = `result:${run.runId}`;
    const { open } = bench.documents.getState();
    if (open.some((document) => document.id === id)) bench.documents.setState({ active: id });
    else showDocument(bench, newDocument({ id, name: run.script.name, text: run.script.text }));
    addRun(bench.runs, restoredRun(run, id));
    bench.view.getState().dock?.show('results');
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}

async function askForPath(bench: Bench, title: string, value: string): Promise<string | null> {
  const reply = await ask(bench.questions, {
    title,
    text: en.files.whereSave(bench.about.folder),
    answers: [{ id: 'ok', label: en.common.ok }],
    field: { label: en.files.path, value },
  });
  return reply.id === 'ok' && reply.text.trim() !== '' ? reply.text.trim() : null;
}
