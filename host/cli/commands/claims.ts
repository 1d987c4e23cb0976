import { claims, claimsPage, claimsText, UNCOVERED } from '../../../core/index.ts';
import { last } from '../arguments.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { deliver, jsonText } from '../output.ts';
import { version } from '../version.ts';

export const claimsCommand: Command = {
  name: 'claims',
  usage: '[--markdown] [-o FILE]',
  summary: 'check published figures and claims against the model',
  details: [
    'Prints model, source and error of each, whether it was fitted or predicted, and what the model does not cover.',
  ],
  options: [
    { name: 'markdown', help: 'as the page docs/claims.md' },
    { name: 'json', help: 'print JSON (docs/json.md) instead of text' },
    { name: 'output', short: 'o', argument: 'FILE', help: 'write to a file, whole or not at all' },
  ],
  positionals: [0, 0],
  async run({ options, terminal }) {
    const all = claims();
    const json = () =>
      jsonText({
        schema: 'exitlab.claims/1',
        version: version(),
        claims: all.map(({ check, ...claim }) => ({ ...claim, ...check() })),
        uncovered: UNCOVERED,
      });
    const text =
      last(options, 'json') !== undefined
        ? json()
        : last(options, 'markdown') === undefined
          ? claimsText(all, UNCOVERED)
          : claimsPage(all, UNCOVERED);
    await deliver(text, last(options, 'output'), terminal);
    return EXIT_OK;
  },
};
