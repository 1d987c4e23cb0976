import type { Given, OptionSpec } from './arguments.ts';
import type { Terminal } from './terminal.ts';

interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: Given;
  readonly terminal: Terminal;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** What follows the name in a usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs of its help. */
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Fewest and most positional arguments. */
  readonly positionals: readonly [least: number, most: number];
  /** Does it; the exit code. */
  readonly run: (input: CommandInput) => Promise<number>;
}
