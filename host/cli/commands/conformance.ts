import { last } from '../arguments.ts';
import type { Command } from '../command.ts';
import { runConformance } from '../conformance.ts';
import { jsonText } from '../output.ts';

export const conformance: Command = {
  name: 'conformance',
  usage: 'FILE...',
  summary: 'replay recorded answers of a real KVM and count the differences',
  details: ['Exits with 1 when a case failed. Cases that the model does not cover are skipped, by reason.'],
  options: [{ name: 'json', help: 'print JSON (docs/json.md) instead of text' }],
  positionals: [1, Infinity],
  async run({ positionals, options, terminal }) {
    const { files, passed, failed, skipped, exitCode, lines, errors } = await runConformance(positionals);
    if (last(options, 'json') === undefined) terminal.out(lines.map((line) => `${line}\n`).join(''));
    else {
      const plain = files.map((file) =>
        'reasons' in file ? { ...file, reasons: Object.fromEntries(file.reasons) } : file,
      );
      terminal.out(jsonText({ schema: 'exitlab.conformance/1', passed, failed, skipped, files: plain }));
    }
    for (const error of errors) terminal.err(`exitlab: ${error}\n`);
    return exitCode;
  },
};
