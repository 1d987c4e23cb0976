import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { findChromium } from './chromium.ts';

/** Milliseconds that a browser may take to print a page. */
const PATIENCE = 60_000;

const run = promisify(execFile);

/** Why there is no PDF, as a sentence for the user. */
export class CannotPrint extends Error {}

/** A report's HTML as a tagged PDF, printed by a Chromium without a window. Electron prints the same HTML by itself. */
export async function printPdf(html: string): Promise<Uint8Array> {
  const chromium = findChromium();
  if (chromium === undefined) {
    throw new CannotPrint(
      'a PDF is printed by Chromium, and there is none: install it, or set EXITLAB_CHROMIUM to the path of a Chromium or Chrome',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'exitlab-pdf-'));
  const page = join(folder, 'report.html');
  const pdf = join(folder, 'report.pdf');
  try {
    await writeFile(page, html);
    await run(chromium, [...flags(folder), `--print-to-pdf=${pdf}`, pathToFileURL(page).href], { timeout: PATIENCE });
    return await readFile(pdf);
  } catch (error) {
    throw new CannotPrint(`${chromium} could not print the report: ${(error as Error).message.split('\n')[0]!}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A Chromium that talks to nobody, with a profile of its own. As root, as in a container, it has no sandbox. */
const flags = (folder: string): string[] => [
  '--headless=new',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-pdf-header-footer',
  '--export-tagged-pdf',
  '--generate-pdf-document-outline',
  `--user-data-dir=${join(folder, 'profile')}`,
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
