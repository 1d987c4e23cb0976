import { mkdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { BadInput } from '../cli/bad-input.ts';
import { EXIT_OK } from '../cli/exit-codes.ts';
import type { Terminal } from '../cli/terminal.ts';
import { version } from '../cli/version.ts';
import { createLab } from '../lab/lab.ts';
import { below } from '../lab/places.ts';
import { buildWindow } from './build-window.ts';
import { openBrowser } from './open-browser.ts';
import { PROJECT, WINDOW } from './project.ts';
import { startWebHost, type WebHost } from './server.ts';
import { untilStopped } from './until-stopped.ts';

export interface ServeOptions {
  /** Folder of the user's scripts; nothing outside of it is reached. */
  readonly folder: string;
  /** Folder of drafts, layout and last results. */
  readonly data: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Show it in the user's browser, if there is one. */
  readonly open: boolean;
  readonly terminal: Terminal;
}

/** Serves the window until Ctrl-C; the exit code. */
export async function serve({ folder, data, port, open, terminal }: ServeOptions): Promise<number> {
  await buildWindow({ project: PROJECT, window: WINDOW, say: (sentence) => terminal.err(`${sentence}\n`) }).catch(
    (error: unknown) => {
      throw new BadInput(error instanceof Error ? error.message : String(error));
    },
  );
  const lab = createLab({ host: 'browser', version: version(), dataFolder: data, places: below(folder) });
  const host = await startWebHost({ lab, window: WINDOW, port }).catch(async (error: unknown) => {
    await lab.close();
    throw new BadInput(startFailure(error, port));
  });
  const stopped = untilStopped(() => terminal.out(`${host.makeLink()}\n`));
  announce(host, folder, terminal, open);
  await stopped;
  await host.close();
  await lab.close();
  return EXIT_OK;
}

function announce(host: WebHost, folder: string, terminal: Terminal, open: boolean): void {
  const link = host.makeLink();
  terminal.out(`Exitlab: ${link}\n`);
  const another = process.stdin.isTTY ? 'Enter prints another link, ' : '';
  terminal.out(`The link opens one window, once. Scripts are in ${folder}. ${another}Ctrl-C ends it.\n`);
  if (open) openBrowser(link);
}

function startFailure(error: unknown, port: number): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') return `port ${port} is taken: give another one with --port, or none`;
  if (code === 'EACCES') return `port ${port} is not for users: give one of 1024 and above with --port, or none`;
  return error instanceof Error ? error.message : String(error);
}

/** The folder of the user's scripts: the one given, else the one it was started in, but never the program's own sources. */
export async function scriptFolder(given: string | undefined): Promise<string> {
  const start = resolve(given ?? process.env['INIT_CWD'] ?? process.cwd());
  const found = await stat(start).catch(() => null);
  if (found === null || !found.isDirectory()) throw new BadInput(`${start}: there is no such folder`);
  if (given !== undefined || (await realpath(start)) !== (await realpath(PROJECT))) return realpath(start);
  const own = join(homedir(), 'Exitlab');
  await mkdir(own, { recursive: true });
  return own;
}
