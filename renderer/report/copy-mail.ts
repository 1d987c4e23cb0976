import { en } from '../text/en.ts';
import { reportText } from '../text/reports.ts';
import { announce } from '../state/announcer.ts';
import type { Bench } from '../state/bench.ts';
import { failureOf } from '../state/failure.ts';
import { shownRun } from '../state/runs.ts';

/** Puts the shown run on the clipboard as a mailing list takes it. */
export async function copyMail(bench: Bench): Promise<void> {
  const run = shownRun(bench.runs.getState());
  if (run === null) return;
  try {
    const { text } = await bench.lab.call('report.text', { runId: run.runId, format: 'mail', baseline: null });
    await navigator.clipboard.writeText(text);
    announce(bench.announcer, en.common.copied(reportText.report.mail));
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}
