import { spawn } from 'node:child_process';
import type { Terminal } from '../cli/terminal.ts';
import { dataFolder } from '../lab/data-folder.ts';
import { buildShell, buildWindow } from './build-window.ts';
import { fetchElectron, findElectron } from './find-electron.ts';
import { PROJECT, WINDOW } from './project.ts';
import { scriptFolder, serve } from './serve.ts';

/** An end within so many milliseconds means that Electron could not start at all. */
const TOO_SOON = 5000;

/** Starts the workbench: the desktop app where it can run, else the browser host, and says why in one line. */
export async function start(terminal: Terminal): Promise<number> {
  const say = (sentence: string): void => terminal.err(`${sentence}\n`);
  const root = process.getuid?.() === 0;
  const surroundings = { env: process.env, platform: process.platform, root, project: PROJECT };
  const electron = await findElectron(surroundings, (folder) => {
    say('Fetching Electron from the network; this is done once.');
    return fetchElectron(folder);
  });
  let reason: string;
  if ('path' in electron) {
    await buildWindow({ project: PROJECT, window: WINDOW, say });
    await buildShell({ project: PROJECT, say });
    const { code, soon } = await runElectron(electron.path);
    if (code === 0 || !soon) return code;
    reason = `Electron ended at once with code ${code}`;
  } else ({ reason } = electron);
  say(`The desktop app does not start: ${reason}. Here is the same window for your browser.`);
  return serve({ folder: await scriptFolder(undefined), data: dataFolder(), port: 0, open: true, terminal });
}

function runElectron(path: string): Promise<{ code: number; soon: boolean }> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(path, [PROJECT], { stdio: 'inherit' });
    const end = (code: number): void => resolve({ code, soon: performance.now() - began < TOO_SOON });
    child.on('error', () => end(-1));
    child.on('exit', (code, signal) => end(signal === null ? (code ?? -1) : 1));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.removeAllListeners(signal);
      process.on(signal, () => child.kill(signal));
    }
  });
}
