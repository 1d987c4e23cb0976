import { createRoot } from 'react-dom/client';
import type { Lab } from '../../host/contract/lab.ts';
import { createBench, type Bench } from '../state/bench.ts';
import { loadFiles } from '../state/files.ts';
import { loadGallery } from '../state/gallery.ts';
import { restoreWorkspace } from '../state/restore-workspace.ts';
import { followRuns } from '../state/start-run.ts';
import { followAppearance } from './appearance.ts';
import { App } from './app.tsx';

/** Starts the window on a lab: what was kept is restored, then the panes are drawn. */
export async function startWorkbench(lab: Lab, element: HTMLElement): Promise<Bench> {
  const about = await lab.call('describe', {});
  const bench = createBench(lab, about);
  followRuns(bench);
  await loadGallery(bench.gallery, lab);
  const layout = await restoreWorkspace(bench);
  followAppearance(bench.settings, (theme) => bench.view.setState({ theme }));
  createRoot(element).render(<App bench={bench} layout={layout} />);
  void loadFiles(bench.files, lab);
  return bench;
}
