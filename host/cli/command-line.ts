import { formatScriptError } from '../sandbox/script-error.ts';
import { unknownName } from '../../core/index.ts';
import { readArguments } from './arguments.ts';
import { BadInput } from './bad-input.ts';
import type { Command } from './command.ts';
import { breakEven } from './commands/break-even.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { claimsCommand } from './commands/claims.ts';
import { check } from './commands/check.ts';
import { history } from './commands/history.ts';
import { compare } from './commands/compare.ts';
import { conformance } from './commands/conformance.ts';
import { explain } from './commands/explain.ts';
import { commandHelp, helpCommand } from './commands/help.ts';
import { registries } from './commands/registries.ts';
import { profile } from './commands/profile.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_OK } from './exit-codes.ts';
import { jsonText } from './output.ts';
import type { Terminal } from './terminal.ts';
import { workbench } from '../web/commands.ts';
import { version } from './version.ts';

/** Mistakes of a script that are listed; the count tells of the rest. */
const MISTAKES_SHOWN = 20;

const others = [
  ...workbench,
  run,
  compare,
  profile,
  breakEven,
  report,
  history,
  calibrateCommand,
  claimsCommand,
  explain,
  check,
  ...registries,
  conformance,
];
const commands: readonly Command[] = [...others, helpCommand(others)];

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (name === '--version' || name === '-V') {
    terminal.out(`exitlab ${version()}\n`);
    return EXIT_OK;
  }
  const wanted = name === '--help' || name === '-h' ? 'help' : name;
  const command = commands.find((each) => each.name === wanted);
  if (command === undefined)
    throw new BadInput(
      unknownName(
        'command',
        name,
        commands.map((each) => each.name),
      ),
    );
  if (wanted !== 'help' && (rest.includes('--help') || rest.includes('-h'))) {
    terminal.out(`${commandHelp(command, terminal.style).join('\n')}\n`);
    return EXIT_OK;
  }
  const { positionals, options } = readArguments(rest, command.options);
  const [least, most] = command.positionals;
  if (positionals.length < least || positionals.length > most)
    throw new BadInput(
      `${positionals.length < least ? 'an argument is missing' : `'${positionals[most]!}' is one argument too many`}; ` +
        `usage: exitlab ${command.name} ${command.usage}`,
    );
  return command.run({ positionals, options, terminal });
}

/** Says what is wrong with the input: on standard error for people, with --json on standard output for programs. */
function complain(error: BadInput, json: boolean, terminal: Terminal): void {
  const mistakes = error.mistakes;
  if (json) {
    const errors = mistakes.length === 0 ? [{ message: error.message }] : mistakes;
    terminal.out(jsonText({ schema: 'exitlab.error/1', errors }));
    return;
  }
  if (mistakes.length === 0) terminal.err(`exitlab: ${error.message}\n`);
  for (const mistake of mistakes.slice(0, MISTAKES_SHOWN)) terminal.err(`${formatScriptError(mistake)}\n`);
  if (mistakes.length > MISTAKES_SHOWN) terminal.err(`... and ${mistakes.length - MISTAKES_SHOWN} more\n`);
}

/** Does what a command line says; the exit code. Bad input is told, anything else that goes wrong is a bug and told as one. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof BadInput) {
      complain(error, args.includes('--json'), terminal);
      return EXIT_BAD_INPUT;
    }
    const account = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err(`exitlab: this is a bug in Exitlab, please report it: ${account}\n`);
    return EXIT_CHECK_FAILED;
  }
}
