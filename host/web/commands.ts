import { resolve } from 'node:path';
import { last, numberOf } from '../cli/arguments.ts';
import type { Command } from '../cli/command.ts';
import { dataFolder } from '../lab/data-folder.ts';

// What the commands need is loaded when they run: the other commands start faster without it.

const serve: Command = {
  name: 'serve',
  usage: '[FOLDER]',
  summary: 'the workbench in a browser, on this machine only',
  details: [
    'Prints an address that opens the workbench once. Scripts are read from and saved to FOLDER, by default the one it is started in.',
  ],
  options: [
    { name: 'port', argument: 'N', help: 'default: a free one' },
    { name: 'data', argument: 'DIR', help: 'folder of drafts, layout and last results' },
    { name: 'no-open', help: 'do not show it in the browser' },
  ],
  positionals: [0, 1],
  async run({ positionals, options, terminal }) {
    const host = await import('./serve.ts');
    return host.serve({
      folder: await host.scriptFolder(positionals[0]),
      data: resolve(last(options, 'data') ?? dataFolder()),
      port: numberOf(options, 'port', 0, 0),
      open: last(options, 'no-open') === undefined,
      terminal,
    });
  },
};

const start: Command = {
  name: 'start',
  usage: '',
  summary: 'the workbench: the desktop app, or the same in a browser',
  details: ['Where the desktop app cannot start, it says why and serves the workbench to the browser of this machine.'],
  options: [],
  positionals: [0, 0],
  run: async ({ terminal }) => (await import('./start.ts')).start(terminal),
};

/** Commands that open the workbench. */
export const workbench: readonly Command[] = [start, serve];
