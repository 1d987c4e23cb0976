import { findChromium } from '../../../host/report/chromium.ts';

/** Path of a Chromium, or undefined. */
export const CHROMIUM: string | undefined = findChromium();

/** Why the tests of the window do not run here; null when they do. */
export const NOT_RUN: string | null =
  CHROMIUM === undefined ? 'no Chromium here: "node scripts/install-test-tools.ts" gets it or says how' : null;

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
