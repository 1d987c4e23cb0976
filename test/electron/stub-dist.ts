import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The mark in Electron's binary before its fuses: version 1, nine fuses, as a fresh download has them (ASCII 0 and 1). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const WIRE = '\u0001\u0009101100111';

/** A folder that looks like an unpacked Electron to the packer: its binary is a shell script with fuses. */
export function makeStubDist(folder: string, version: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  writeFileSync(join(folder, 'electron'), `#!/bin/sh\nexec echo stub\n: ${SENTINEL}${WIRE}`, { mode: 0o755 });
  writeFileSync(join(folder, 'version'), version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'locales/en-US.pak'])
    writeFileSync(join(folder, name), '');
}
