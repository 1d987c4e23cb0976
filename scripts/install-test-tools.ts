// Gets what the tests need beside the packages: Chromium, which the window is tested in and which prints PDFs, and pdftotext, which reads them
// back. By apt where that is there and allowed. Otherwise says what to install, and ends well: the tests that need it are skipped and say why,
// the others run.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CHROMIUM } from '../test/e2e/window/chromium.ts';

const APT = '/usr/bin/apt-get';
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

interface Tool {
  readonly name: string;
  /** Package of Debian's and Ubuntu's. */
  readonly package: string;
  readonly isThere: boolean;
  readonly otherwise: string;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'Chromium',
    package: 'chromium',
    isThere: CHROMIUM !== undefined,
    otherwise: 'or set EXITLAB_CHROMIUM to the path of a Chromium or Chrome',
  },
  {
    name: 'pdftotext',
    package: 'poppler-utils',
    isThere: existsSync('/usr/bin/pdftotext'),
    otherwise: 'or put it at /usr/bin/pdftotext',
  },
];

const apt = (...args: string[]): boolean =>
  spawnSync(APT, [...WAIT, ...args], { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    .status === 0;

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

function install(missing: readonly Tool[]): void {
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(' and ');
  const packages = missing.map((tool) => tool.package);
  const isAllowed = existsSync(APT) && process.getuid?.() === 0 && process.env['EXITLAB_NO_INSTALL'] === undefined;
  if (isAllowed) {
    say(`Installing ${names} for the tests.`);
    if (apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', ...packages)) return;
  }
  for (const { name, package: wanted, otherwise } of missing) {
    say(`Tests that need ${name} are skipped. Install it ("sudo apt-get install ${wanted}"), ${otherwise}.`);
  }
}

install(TOOLS.filter(({ isThere }) => !isThere));
