import { app } from 'electron';
import { isAbsolute, resolve } from 'node:path';
import type { WindowReport } from './window-report.ts';

const FILE = /\.(?:ts|js|json)$/i;

/** Files among the arguments of a command line, as absolute paths. Flags, the program and its folder are none. */
export function filesOf(args: readonly string[], folder: string): string[] {
  return args
    .slice(1)
    .filter((arg) => !arg.startsWith('-') && FILE.test(arg))
    .map((arg) => (isAbsolute(arg) ? arg : resolve(folder, arg)));
}

const waiting: string[] = [];
let open = (path: string): void => void waiting.push(path);

/** Collects files that the system hands over before there is a window. macOS sends them as events, even before the app is ready. */
export function collectGivenFiles(): void {
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open(path);
  });
}

/** Opens the files of the command line, now and at every later start, as soon as the window listens. */
export async function openGivenFiles(report: WindowReport, openFile: (path: string) => void): Promise<void> {
  const first = filesOf(process.argv, process.cwd());
  app.on('second-instance', (_, args, folder) => filesOf(args, folder).forEach((path) => open(path)));
  await report.ready();
  open = openFile;
  for (const path of [...first, ...waiting.splice(0)]) open(path);
}
