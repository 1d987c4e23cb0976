#!/usr/bin/env node
// The launcher: finds a Node that runs TypeScript as it is, and hands it the command line.
//
// Plain JavaScript without dependencies, for Node 20 and later: it is the one file that may meet an old Node. The right
// Node comes from the lockfile, as a package for each platform (docs/decisions/0001-node-24-from-the-registry.md).
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_MAJOR = 24;
const MAIN = fileURLToPath(new URL('../host/cli/main.ts', import.meta.url));

/** Exit code for input that cannot be worked with; the same one the command line uses. */
const EXIT_BAD_INPUT = 2;

/** Folder of an installed package, or undefined. */
function findPackage(name) {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Path of the Node binary to run, or undefined when there is none that is new enough. */
function findNode() {
  const windows = process.platform === 'win32';
  const bundled = findPackage(`node-${windows ? 'win' : process.platform}-${process.arch}`);
  if (bundled !== undefined) return join(bundled, 'bin', windows ? 'node.exe' : 'node');
  return Number(process.versions.node.split('.')[0]) >= MINIMUM_MAJOR ? process.execPath : undefined;
}

/** One line on stderr, no stack trace. */
function fail(sentence) {
  process.stderr.write(`exitlab: ${sentence}\n`);
  process.exit(EXIT_BAD_INPUT);
}

if (findPackage('typescript') === undefined) {
  fail('the dependencies are not installed. Run "npm ci" in the project folder first.');
}
const node = findNode();
if (node === undefined) {
  fail(
    `this is Node ${process.versions.node}, Exitlab needs Node ${MINIMUM_MAJOR} or later, and the registry has none ` +
      `for ${process.platform}-${process.arch}. Start it with a newer Node.`,
  );
}

// The channel carries no message: its end tells the child that this process is gone, however it went.
const child = spawn(node, ['--disable-warning=ExperimentalWarning', MAIN, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});

// Ctrl-C in a terminal reaches every process of the foreground group, so the child has it already: this process only has
// to outlive it, and must not deliver it twice. Without a terminal the signal came to this process alone: pass it on.
const inTerminal = process.stdin.isTTY || process.stderr.isTTY;
process.on('SIGINT', () => inTerminal || child.kill('SIGINT'));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

child.on('error', (error) => fail(`could not start ${node}: ${error.message}`));
child.on('exit', (code, signal) => {
  process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0));
});
