// `npm run e2e:electron`: the window's specification on the real Electron. Where its binary or a display is missing it says "not run" and
// why, and that is no failure.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildShell, buildWindow } from '../../host/web/build-window.ts';
import { hasDisplay } from '../../host/web/open-browser.ts';
import { PROJECT } from '../e2e/command-line.ts';

/** Parts of the specification that know nothing of the host. */
const SPECIFICATION = ['test/e2e/window/first-time.test.ts'];

/** The binary of the installed package, or of the folder that ELECTRON_DIST names; null when it is missing. */
function findBinary(): string | null {
  const folder = join(PROJECT, 'node_modules/electron');
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  const binary = join(process.env['ELECTRON_DIST'] || join(folder, 'dist'), name);
  return existsSync(binary) ? binary : null;
}

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

async function main(): Promise<number> {
  const binary = findBinary();
  if (binary === null) {
    say("not run: Electron's binary is missing (npx install-electron fetches it, ELECTRON_DIST names another one)");
    return 0;
  }
  if (!hasDisplay({ env: process.env, platform: process.platform })) {
    say('not run: there is no display (xvfb-run gives one)');
    return 0;
  }
  await buildWindow({ project: PROJECT, window: join(PROJECT, 'out/renderer'), say });
  await buildShell({ project: PROJECT, say });
  const vitest = join(PROJECT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'window', ...SPECIFICATION], {
    cwd: PROJECT,
    stdio: 'inherit',
    // The binary is a Chromium too: the specification need not look for another.
    env: { ...process.env, EXITLAB_ELECTRON: binary, EXITLAB_CHROMIUM: binary },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

process.exitCode = await main();
