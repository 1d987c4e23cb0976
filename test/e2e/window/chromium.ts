import { existsSync } from 'node:fs';

/** Where Chromium may be: the one that is asked for, then where Debian, Ubuntu and Fedora put it, then Chrome. */
const PLACES = [
  process.env['EXITLAB_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium, or undefined. */
export const CHROMIUM: string | undefined = PLACES.find((place) => place !== undefined && existsSync(place));

/** Why the tests of the window do not run here; null when they do. */
export const NOT_RUN: string | null =
  CHROMIUM === undefined ? 'no Chromium here: "node scripts/install-chromium.ts" gets it or says how' : null;

/** Behind the title of a group of tests: why it is skipped. */
export const SKIPPED: string = NOT_RUN === null ? '' : ` (not run: ${NOT_RUN})`;

/** Flags for a Chromium without a screen that talks to nobody. As root, as in a container, it has no sandbox of its own. */
export const FLAGS = [
  '--headless=new',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
