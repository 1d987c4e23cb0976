import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Part {
  readonly name: string;
  /** What it is made of. */
  readonly sources: readonly string[];
  /** How it is built. */
  readonly configs: readonly string[];
  /** A file that is there when it is built. */
  readonly result: string;
  readonly time: string;
}

const WINDOW_PART: Part = {
  name: 'window',
  sources: ['renderer', 'core', 'host/contract', 'scenarios', 'vite.config.ts', 'package-lock.json'],
  configs: ['vite.config.ts'],
  result: 'index.html',
  time: 'about 20 s',
};
const SHELL_PART: Part = {
  name: 'desktop app',
  sources: ['electron', 'core', 'host', 'scenarios', 'renderer/text', 'package-lock.json'],
  configs: ['electron/preload.config.ts', 'electron/main.config.ts'],
  result: 'main.js',
  time: 'a few seconds',
};
/** Beside the built files: which sources they are of. */
const STAMP = '.built';

export interface BuildOptions {
  /** Folder of the program. */
  readonly project: string;
  /** Folder of the built window. */
  readonly window: string;
  /** Says that it takes a while. */
  readonly say: (sentence: string) => void;
}

/**
 * Builds the window when it is missing or its sources have changed since. Without the build tool (an installed program) what is there is
 * taken as it is. Rejects with a sentence.
 */
export const buildWindow = ({ project, window, say }: BuildOptions): Promise<void> =>
  build(WINDOW_PART, project, window, say);

/** Builds Electron's main process into out/main, and its preload script, under the same conditions. */
export const buildShell = ({ project, say }: Pick<BuildOptions, 'project' | 'say'>): Promise<void> =>
  build(SHELL_PART, project, join(project, 'out/main'), say);

async function build(part: Part, project: string, output: string, say: BuildOptions['say']): Promise<void> {
  const vite = join(project, 'node_modules/vite/bin/vite.js');
  const built = existsSync(join(output, part.result));
  if (!existsSync(vite) || !part.configs.every((config) => existsSync(join(project, config)))) {
    if (built) return;
    throw new Error(
      `the ${part.name} is not built, and the tool that builds it is not installed: run "npm ci" in ${project}`,
    );
  }
  const wanted = await fingerprint(part.sources, project);
  const stamp = join(output, STAMP);
  if (built && (await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  say(`Building the ${part.name}; this is done once and takes ${part.time}.`);
  for (const config of part.configs) {
    const { code, output: said } = await run([vite, 'build', '--config', config, '--logLevel', 'warn'], project);
    if (code !== 0) throw new Error(`the ${part.name} could not be built:\n${said.trim()}`);
  }
  await writeFile(stamp, wanted);
}

/** One text for all sources: their names and contents, tests left out. */
async function fingerprint(sources: readonly string[], project: string): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of await filesBelow(join(project, source))) {
      hash
        .update(path.slice(project.length))
        .update('\0')
        .update(await readFile(path))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return existsSync(path) ? [path] : [];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function run(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (output += text));
    }
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
