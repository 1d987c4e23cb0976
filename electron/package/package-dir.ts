import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildShell, buildWindow } from '../../host/web/build-window.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

export interface PackageOptions {
  /** Folder of the program. */
  readonly project: string;
  /** Unpacked Electron: the folder with its binary. */
  readonly dist: string;
  /** Where the unpacked app goes, in a folder named after the platform. */
  readonly output: string;
}

/** Folder of a local Electron that has a binary: ELECTRON_DIST, else the package's own; a sentence when there is none. */
export function findDist(
  env: NodeJS.ProcessEnv,
  project: string,
): { readonly dist: string } | { readonly missing: string } {
  const given = env['ELECTRON_DIST'];
  const dist = given !== undefined && given !== '' ? given : join(project, 'node_modules/electron/dist');
  if (existsSync(join(dist, 'version'))) return { dist };
  const why =
    given !== undefined && given !== ''
      ? `ELECTRON_DIST names ${dist}, which is no unpacked Electron`
      : 'run "npx install-electron" where its download can be reached, or name an unpacked Electron with ELECTRON_DIST';
  return { missing: `Electron's binary is missing, so the app was built into out/ but not packed: ${why}.` };
}

/** Packs what is built in out/ with a local Electron. Rejects with what the packer said. */
export async function packDir({ project, dist, output }: PackageOptions): Promise<void> {
  const args = ['--dir', '--publish', 'never', `-c.electronDist=${dist}`, `-c.directories.output=${output}`];
  const cli = join(project, 'node_modules/electron-builder/cli.js');
  const { code, said } = await run([cli, ...args], project);
  if (code !== 0) throw new Error(`the app could not be packed:\n${said.trim()}`);
}

function run(args: readonly string[], cwd: string): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (said += text));
    }
    child.on('error', (error) => resolve({ code: -1, said: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, said }));
  });
}

/** `npm run package:dir [-- --output DIR]`; the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { output: { type: 'string', default: join(PROJECT, 'release') } } });
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  try {
    await buildWindow({ project: PROJECT, window: join(PROJECT, 'out/renderer'), say });
    await buildShell({ project: PROJECT, say });
    const found = findDist(process.env, PROJECT);
    if ('missing' in found) {
      say(found.missing);
      return 1;
    }
    await packDir({ project: PROJECT, dist: found.dist, output: values.output });
    say(`The unpacked app is in ${values.output}.`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main();
