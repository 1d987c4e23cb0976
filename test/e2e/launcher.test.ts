import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** A command line that tells what reached it. */
const MAIN = `
const first: string = process.argv[2] ?? '';
if (first === 'code') process.exitCode = Number(process.argv[3]);
else if (first === 'die') process.kill(process.pid, 'SIGKILL');
else if (first === 'wait') {
  process.on('SIGINT', () => { console.log('asked to stop'); process.exit(130); });
  setInterval(() => {}, 1000);
  console.log('waiting');
} else if (first === 'serve') {
  const { followLauncher } = await import('./follow-launcher.ts');
  followLauncher();
  const server = (await import('node:http')).createServer();
  process.on('SIGTERM', () => server.close());
  server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
} else if (first === 'follow') {
  (await import('./follow-launcher.ts')).followLauncher();
} else console.log(JSON.stringify({ version: process.version, arguments: process.argv.slice(2) }));
`;

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  let folder = '';
  let launcher = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'exitlab-launcher-'));
    launcher = join(folder, 'bin/exitlab.mjs');
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'host/cli'), { recursive: true });
    cpSync(join(PROJECT, 'bin/exitlab.mjs'), launcher);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    cpSync(join(PROJECT, 'host/cli/follow-launcher.ts'), join(folder, 'host/cli/follow-launcher.ts'));
    writeFileSync(join(folder, 'host/cli/main.ts'), MAIN);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the launcher with the project's packages in reach, or with none. */
  const run = (args: string[], packages = true) => {
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    for (const name of packages ? ['typescript'] : []) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}');
    }
    return spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8' });
  };

  it('hands over the arguments as they are, without a warning of its own', () => {
    const { stdout, stderr, status } = run(['compare', 'a b', '', '--json']);
    expect(JSON.parse(stdout)).toEqual({ version: process.version, arguments: ['compare', 'a b', '', '--json'] });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each([0, 1, 2])('mirrors exit code %i', (code) => {
    expect(run(['code', `${code}`]).status).toBe(code);
  });

  it('tells of a child that was killed by its exit code', () => {
    expect(run(['die']).status).toBe(128 + 9);
  });

  it('passes a Ctrl-C on and waits for the answer', async () => {
    run(['code', '0']);
    const child = spawn(process.execPath, [launcher, 'wait']);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '') child.kill('SIGINT');
      output += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toBe('waiting\nasked to stop\n');
    expect(code).toBe(130);
  });

  it('that is killed leaves no server and no port behind', async () => {
    run(['code', '0']);
    const child = spawn(process.execPath, [launcher, 'serve'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
    expect(await isTaken(port)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => isTaken(port), { timeout: 5000 }).toBe(false);
  });

  it('does not keep alive a child that follows it and has done its work', () => {
    expect(run(['follow']).status).toBe(0);
  });

  it('says what to do when nothing is installed', () => {
    const { stderr, status } = run([], false);
    expect(stderr).toMatch(/^exitlab: .*npm ci.*\n$/);
    expect(status).toBe(2);
  });
});

/** True when somebody listens on a port of this machine. */
const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
