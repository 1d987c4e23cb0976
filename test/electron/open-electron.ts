import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type BrowserContext, type Page } from 'playwright-core';
import { PROJECT } from '../e2e/command-line.ts';
import { errorsOf } from '../e2e/window/page-errors.ts';

/** Milliseconds that a user would wait for something to appear before calling it broken. */
const PATIENCE = 15_000;

export interface OpenElectron {
  /** Only the browser host has these. */
  readonly server: never;
  readonly browser: never;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the window reported as broken: exceptions nobody caught, and errors on its console. */
  readonly errors: string[];
  close(): Promise<void>;
}

/** The desktop app on a binary of Electron's, with a data folder of its own: the window that the specification of test/e2e/window is for. */
export async function openElectron(binary: string): Promise<OpenElectron> {
  const data = mkdtempSync(join(tmpdir(), 'exitlab-electron-'));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath: binary,
    args: [...sandbox, PROJECT],
    env: { ...(process.env as Record<string, string>), EXITLAB_DATA: data },
  });
  const page = await app.firstWindow();
  const context = app.context();
  context.setDefaultTimeout(PATIENCE);
  const errors = errorsOf(page);
  const close = async (): Promise<void> => {
    // A question about unsaved texts is for people.
    app.process().kill('SIGTERM');
    await app.close().catch(() => {});
    rmSync(data, { recursive: true, force: true });
  };
  return {
    context,
    page,
    errors,
    close,
    get server(): never {
      throw new Error('the desktop app has no server');
    },
    get browser(): never {
      throw new Error('the desktop app is no browser');
    },
  };
}
