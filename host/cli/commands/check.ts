import { last } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { loadScript } from '../load-script.ts';
import { jsonText } from '../output.ts';
import type { ScriptError } from '../../sandbox/script-error.ts';

export const check: Command = {
  name: 'check',
  usage: 'SCRIPT...',
  summary: 'check the types of scripts without running them',
  details: ['host/contract/exitlab.d.ts is what a script is checked against, and the manual of the script language.'],
  options: [{ name: 'json', help: 'print JSON (docs/json.md) instead of text' }],
  positionals: [1, Infinity],
  async run({ positionals, options, terminal }) {
    const json = last(options, 'json') !== undefined;
    const mistakes: ScriptError[] = [];
    for (const file of positionals) {
      const found = await mistakesOf(file);
      mistakes.push(...found);
      if (!json && found.length === 0) terminal.out(`${file}: ok\n`);
    }
    if (mistakes.length > 0) throw new BadInput(mistakes);
    if (json) terminal.out(jsonText({ schema: 'exitlab.check/1', files: positionals }));
    return EXIT_OK;
  },
};

/** What is wrong with a script; a file that cannot be read at all ends the command. */
async function mistakesOf(file: string): Promise<readonly ScriptError[]> {
  try {
    await loadScript(file);
    return [];
  } catch (error) {
    if (error instanceof BadInput && error.mistakes.length > 0) return error.mistakes;
    throw error;
  }
}
