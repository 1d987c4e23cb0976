import { last } from '../arguments.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { loadScript } from '../load-script.ts';
import { jsonText } from '../output.ts';

export const check: Command = {
  name: 'check',
  usage: 'SCRIPT...',
  summary: 'check the types of scripts without running them',
  details: ['host/contract/exitlab.d.ts is what a script is checked against, and the manual of the script language.'],
  options: [{ name: 'json', help: 'print JSON (docs/json.md) instead of text' }],
  positionals: [1, Infinity],
  async run({ positionals, options, terminal }) {
    for (const file of positionals) await loadScript(file);
    if (last(options, 'json') !== undefined) terminal.out(jsonText({ schema: 'exitlab.check/1', files: positionals }));
    else for (const file of positionals) terminal.out(`${file}: ok\n`);
    return EXIT_OK;
  },
};
