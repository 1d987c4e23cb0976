import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { openElectron } from '../../electron/open-electron.ts';
import { afterEach } from 'vitest';
import { PROJECT } from '../command-line.ts';
import { CHROMIUM, FLAGS } from './chromium.ts';
import { errorsOf } from './page-errors.ts';
import { Server } from './server.ts';

/** Milliseconds that a user would wait for something to appear before calling it broken. */
const PATIENCE = 15_000;

export interface OpenWindow {
  readonly server: Server;
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the window reported as broken: exceptions nobody caught, and errors on its console. */
  readonly errors: string[];
  close(): Promise<void>;
}

export interface WindowOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  readonly flags?: readonly string[];
}

/** A Chromium without a window in it. */
export const startBrowser = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM!,
    args: [...FLAGS, ...flags],
    // Scrollbars are there as users have them.
    ignoreDefaultArgs: ['--hide-scrollbars'],
  });

/** A lab of its own and a window on it, as the printed link opens it; the desktop app's where EXITLAB_ELECTRON names its binary. */
export async function openWindow(options: WindowOptions = {}): Promise<OpenWindow> {
  const binary = process.env['EXITLAB_ELECTRON'];
  if (binary !== undefined) return openElectron(binary);
  const server = await Server.start();
  const browser = await startBrowser(options.flags);
  const context = await newContext(browser, options);
  const page = await context.newPage();
  const errors = errorsOf(page);
  await page.goto(server.link);
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  return { server, browser, context, page, errors, close };
}

/** Somebody's browser: nothing kept from others. */
export async function newContext(browser: Browser, options: WindowOptions = {}): Promise<BrowserContext> {
  const { theme = 'light', width = 1440, height = 900 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    // As in the desktop app: the page may write to the clipboard and not read it.
    permissions: ['clipboard-write'],
  });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** After each test that failed: a picture of the window in out/e2e. */
export function picturesOfFailures(opened: () => OpenWindow | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const name = task.name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60);
    await opened()
      ?.page.screenshot({ path: join(PROJECT, 'out/e2e', `${name}.png`) })
      .catch(() => {});
  });
}
