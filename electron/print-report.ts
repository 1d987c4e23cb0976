import { BrowserWindow, session } from 'electron';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A session of its own, kept in memory: nothing of the app's is in it. */
const PARTITION = 'report-printing';

/** A report's HTML as a tagged PDF, printed by a page that nobody sees, that runs no script and reaches nothing but its own file. */
export async function printReport(html: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'exitlab-print-'));
  const file = join(folder, 'report.html');
  const own = pathToFileURL(file).href;
  const window = new BrowserWindow({
    show: false,
    webPreferences: { partition: PARTITION, javascript: false, sandbox: true, contextIsolation: true },
  });
  try {
    await writeFile(file, html, { mode: 0o600 });
    session.fromPartition(PARTITION).webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: url !== own }));
    await window.loadURL(own);
    return await window.webContents.printToPDF({
      printBackground: true,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
    });
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
