import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../command-line.ts';

/** Milliseconds for a start that may have to build the window first. */
const PATIENCE = 120_000;

/** `exitlab serve` as a process of its own, with folders that are removed again. */
export class Server {
  /** The link that was printed: it opens one window, once. */
  readonly link: string;
  /** Folder of the user's scripts, and of drafts, layout and last results. */
  readonly folder: string;
  readonly data: string;
  private readonly root: string;
  private readonly child: ChildProcess;

  private constructor(root: string, child: ChildProcess, link: string) {
    this.root = root;
    this.folder = join(root, 'scripts');
    this.data = join(root, 'data');
    this.child = child;
    this.link = link;
  }

  /** Starts one. `root` is that of another one that was stopped, to go on with its folders. */
  static async start(root = newRoot(), port = 0): Promise<Server> {
    const args = ['serve', join(root, 'scripts'), '--data', join(root, 'data'), '--port', `${port}`, '--no-open'];
    const child = spawn(process.execPath, ['bin/exitlab.mjs', ...args], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Server(root, child, await printedLink(child));
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  /** Ends the process and keeps the folders; returns their root for another start. */
  async stop(): Promise<string> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    if (this.child.exitCode === null && this.child.signalCode === null && this.child.kill('SIGINT')) await ended;
    return this.root;
  }

  /** Kills the lab and its launcher, which leaves them no time for anything; returns the folders' root for another start. */
  async kill(): Promise<string> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    const { pid } = this.child;
    const labs = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/);
    for (const lab of labs) if (lab !== '') process.kill(Number(lab), 'SIGKILL');
    if (this.child.kill('SIGKILL')) await ended;
    return this.root;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Writes a script of the user's. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }
}

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'exitlab-window-'));
  for (const name of ['scripts', 'data']) mkdirSync(join(root, name));
  return root;
}

function printedLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`${why}: ${said}`));
    const timer = setTimeout(() => fail('no link was printed'), PATIENCE);
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    child.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
      const link = /http:\/\/\S+#token=\S+/.exec(said)?.[0];
      if (link === undefined) return;
      clearTimeout(timer);
      resolve(link);
    });
    child.once('exit', (code) => fail(`the lab ended with ${code}`));
  });
}
