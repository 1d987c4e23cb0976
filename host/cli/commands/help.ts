import { MITIGATIONS, SWITCHES, unknownName, wrap, type Style } from '../../../core/index.ts';
import type { OptionSpec } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';

const NAME_WIDTH = 26;

/** The command that explains the others. */
export function helpCommand(commands: readonly Command[]): Command {
  const help: Command = {
    name: 'help',
    usage: '[COMMAND | switches | mitigations]',
    summary: 'explain a command, the switches or the mitigations',
    details: [],
    options: [],
    positionals: [0, 1],
    run({ positionals, terminal }) {
      terminal.out(`${helpLines(positionals[0], [...commands, help], terminal.style).join('\n')}\n`);
      return Promise.resolve(EXIT_OK);
    },
  };
  return help;
}

function helpLines(topic: string | undefined, commands: readonly Command[], style: Style): string[] {
  if (topic === undefined) return overview(commands, style);
  if (topic === 'switches') return SWITCHES.flatMap((row) => entry(row.name, `${row.what} (default: ${row.default})`));
  if (topic === 'mitigations') return MITIGATIONS.flatMap(({ id, name, source }) => entry(id, `${name} (${source})`));
  const command = commands.find(({ name }) => name === topic);
  if (command === undefined)
    throw new BadInput(unknownName('command', topic, [...commands.map(({ name }) => name), 'switches', 'mitigations']));
  return commandHelp(command, style);
}

/** The text of `exitlab help`. */
function overview(commands: readonly Command[], style: Style): string[] {
  return [
    ...wrap('Exitlab: the paths a virtual machine takes when it touches memory or I/O, step by step and priced.'),
    '',
    style.heading('usage: exitlab COMMAND [arguments]'),
    '',
    ...commands.flatMap(({ name, summary }) => entry(name, summary, 14)),
    '',
    ...wrap(
      'exitlab help COMMAND tells more. Scripts are TypeScript; scenarios/ holds examples, host/contract/exitlab.d.ts is the manual.',
    ),
    ...wrap('Exit codes: 0 done, 1 a check failed, 2 bad input, 130 interrupted.'),
    '',
    'Try: exitlab compare scenarios/doorbell.ts',
  ];
}

export function commandHelp({ name, usage, summary, details, options }: Command, style: Style): string[] {
  return [
    style.heading(`usage: exitlab ${name} ${usage}`),
    '',
    ...wrap(summary[0]!.toUpperCase() + summary.slice(1) + '.'),
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph)]),
    ...(options.length === 0 ? [] : ['', style.heading('Options'), ...options.flatMap(optionEntry)]),
  ];
}

function optionEntry({ name, short, argument, help }: OptionSpec): string[] {
  const left = `${short === undefined ? '' : `-${short}, `}--${name}${argument === undefined ? '' : ` ${argument}`}`;
  return entry(left, help);
}

/** A name and what it means, in two columns. */
function entry(name: string, text: string, width = NAME_WIDTH): string[] {
  const indent = ' '.repeat(width + 2);
  const left = `  ${name}`;
  if (left.length < width + 1) return wrap(text, indent, left.padEnd(width + 2));
  return [left, ...wrap(text, indent)];
}
