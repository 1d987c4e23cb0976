// Gets the Chromium that the tests of the window run in: by apt where that is there and allowed. Otherwise says what to install, and
// ends well: without Chromium these tests are skipped and say why, the others run.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CHROMIUM } from '../test/e2e/window/chromium.ts';

const APT = '/usr/bin/apt-get';
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

const apt = (...args: string[]): boolean =>
  spawnSync(APT, [...WAIT, ...args], { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    .status === 0;

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

function install(): void {
  if (CHROMIUM !== undefined) return;
  const isAllowed = existsSync(APT) && process.getuid?.() === 0 && process.env['EXITLAB_NO_INSTALL'] === undefined;
  if (isAllowed) {
    say('Installing Chromium for the tests of the window.');
    if (apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'chromium')) return;
  }
  say(
    'The tests of the window need Chromium and are skipped. Install it ("sudo apt-get install chromium"), or set ' +
      'EXITLAB_CHROMIUM to the path of a Chromium or Chrome.',
  );
}

install();
