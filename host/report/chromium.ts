import { existsSync } from 'node:fs';

/** Where a Chromium may be: the one that is asked for, then where Debian, Ubuntu and Fedora put it, then Chrome. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium, or undefined. */
export const findChromium = (): string | undefined =>
  [process.env['EXITLAB_CHROMIUM'], ...PLACES].find((place) => place !== undefined && existsSync(place));
