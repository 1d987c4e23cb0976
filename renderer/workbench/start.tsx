import { createRoot } from 'react-dom/client';
import type { Connection, LabClient } from '../client/lab-client.ts';
import { announce } from '../state/announcer.ts';
import { createBench, type Bench } from '../state/bench.ts';
import { keepDraft, unheld } from '../state/drafts.ts';
import { loadFiles } from '../state/files.ts';
import { loadGallery } from '../state/gallery.ts';
import { loadCpus } from '../state/known-cpus.ts';
import { restoreWorkspace } from '../state/restore-workspace.ts';
import { showRunOf } from '../state/runs.ts';
import { followShownRun } from '../state/shown-run.ts';
import { followRuns } from '../state/start-run.ts';
import { en } from '../text/en.ts';
import { followAppearance } from './appearance.ts';
import { App } from './app.tsx';

/** Starts the window on a lab: what was kept is restored, then the panes are drawn. */
export async function startWorkbench(lab: LabClient, element: HTMLElement): Promise<Bench> {
  const bench = createBench(lab, await lab.call('describe', {}));
  followRuns(bench);
  followShownRun(bench);
  await loadGallery(bench.gallery, lab);
  const layout = await restoreWorkspace(bench);
  followAppearance(bench.settings, (theme) => bench.view.setState({ theme }));
  createRoot(element).render(<App bench={bench} layout={layout} />);
  bench.documents.subscribe((state, before) => {
    if (state.active !== before.active) showRunOf(bench.runs, state.active);
  });
  followConnection(bench, lab);
  void loadFiles(bench.files, lab);
  void followHistory(bench, lab);
  return bench;
}

/** Learns of the calibrated hosts, and says when a run could not be stored. */
async function followHistory(bench: Bench, lab: LabClient): Promise<void> {
  lab.listen((event) => {
    if (event.name === 'history.changed' && event.data.problem !== null)
      announce(bench.announcer, event.data.problem, 'error');
  });
  const problems = await loadCpus(lab).catch(() => []);
  for (const problem of problems) announce(bench.announcer, problem, 'error');
}

/** Says when the lab is lost and found again, and hands it the texts that changed meanwhile. */
function followConnection(bench: Bench, lab: LabClient): void {
  // At first the connection is not there yet: only a loss is worth a sentence.
  let before: Connection | null = null;
  lab.onConnection((connection) => {
    if (before === null && connection !== 'open') return;
    if (before !== null && connection !== before) {
      if (connection !== 'open') announce(bench.announcer, en.status[connection], 'error');
      else {
        announce(bench.announcer, en.status.back);
        for (const { id } of unheld(bench)) void keepDraft(bench, id);
      }
    }
    before = connection;
    bench.view.setState({ connected: connection === 'open' });
  });
}
