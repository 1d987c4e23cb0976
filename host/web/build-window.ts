import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the window is made of. */
const SOURCES = ['renderer', 'core', 'host/contract', 'scenarios', 'vite.config.ts', 'package-lock.json'];
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
export async function buildWindow({ project, window, say }: BuildOptions): Promise<void> {
  const vite = join(project, 'node_modules/vite/bin/vite.js');
  const built = existsSync(join(window, 'index.html'));
  if (!existsSync(vite) || !existsSync(join(project, 'vite.config.ts'))) {
    if (built) return;
    throw new Error(
      `the window is not built, and the tool that builds it is not installed: run "npm ci" in ${project}`,
    );
  }
  const wanted = await fingerprint(project);
  const stamp = join(window, STAMP);
  if (built && (await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  say('Building the window; this is done once and takes about 20 s.');
  const { code, output } = await run(vite, project);
  if (code !== 0) throw new Error(`the window could not be built:\n${output.trim()}`);
  await writeFile(stamp, wanted);
}

/** One text for all sources: their names and contents, tests left out. */
async function fingerprint(project: string): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
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

function run(script: string, cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, 'build', '--logLevel', 'warn'], { cwd });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (output += text));
    }
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
