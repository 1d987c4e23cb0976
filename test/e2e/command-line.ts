import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLAIN } from '../../core/index.ts';
import { runCommandLine } from '../../host/cli/command-line.ts';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const LAUNCHER = join(PROJECT, 'bin/exitlab.mjs');

// What these tests run is nobody's history.
process.env['EXITLAB_DATA'] = mkdtempSync(join(tmpdir(), 'exitlab-data-'));

export interface Ended {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** Runs `exitlab` as a user would, in the project's folder. */
export function exitlab(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: PROJECT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('close', (code) => resolve({ out, err, code }));
  });
}

/** The same without a process: the command line with a terminal that remembers. Workers are real. */
export async function commandLine(args: readonly string[]): Promise<Ended> {
  const said = { out: '', err: '' };
  const code = await runCommandLine(args, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    style: PLAIN,
    live: false,
  });
  return { ...said, code };
}

/** A folder of scripts that is removed again. */
export class ScriptFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'exitlab-cli-'));

  /** Writes a file and returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  /** A script whose guest runs this text, which begins on line 4. */
  guest(name: string, body: string): string {
    return this.file(
      name,
      `scenario({\n  title: 'test', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick' }) }; },\n` +
        `  guest(cpu, { bell }, host) {\n${body}\n} });\n`,
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
