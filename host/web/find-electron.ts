import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasDisplay } from './open-browser.ts';

/** Milliseconds that fetching Electron's binary may take. */
const PATIENCE = 180_000;

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** True for a process of the superuser's. */
  readonly root: boolean;
  /** Folder of the program. */
  readonly project: string;
}

/** Electron's binary, or one sentence why the desktop app cannot start. */
export type Electron = { readonly path: string } | { readonly reason: string };

/** Looks for Electron's binary; `fetchBinary` is asked for it where it is missing and everything else is in place. */
export async function findElectron(
  surroundings: Surroundings,
  fetchBinary: (folder: string) => Promise<string | null> = fetchElectron,
): Promise<Electron> {
  const { env, platform, root, project } = surroundings;
  if (env['EXITLAB_HOST'] === 'browser') return { reason: 'EXITLAB_HOST asks for the browser' };
  if (!hasDisplay(surroundings)) return { reason: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  if (root && platform === 'linux') return { reason: 'its sandbox does not start for the superuser' };
  const folder = join(project, 'node_modules/electron');
  if (!existsSync(join(folder, 'package.json'))) return { reason: 'Electron is not installed' };
  const there = binaryOf(folder, env);
  if (there !== null) return { path: there };
  const problem = await fetchBinary(folder);
  const fetched = problem === null ? binaryOf(folder, env) : null;
  return fetched === null ? { reason: problem ?? "Electron's binary could not be fetched" } : { path: fetched };
}

/** Path of the binary as the package's own index.js finds it; that one would fetch it at once. */
function binaryOf(folder: string, env: NodeJS.ProcessEnv): string | null {
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';
  const path = join(env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : null;
}

/** Has the package fetch its binary from the network; a sentence when that fails. */
export function fetchElectron(folder: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: PATIENCE });
    child.on('error', () => resolve("Electron's binary could not be fetched"));
    child.on('close', (code) => resolve(code === 0 ? null : "Electron's binary could not be fetched from the network"));
  });
}
