import { parseArgs } from 'node:util';
import { closest } from '../../core/index.ts';
import { BadInput } from './bad-input.ts';

/** An option of a command. `argument` names what follows it; options without one are switched on by their presence. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  readonly argument?: string;
  /** Other spellings. */
  readonly aliases?: readonly string[];
  readonly help: string;
}

/** The options given, by name; each value in order. */
export type Given = ReadonlyMap<string, readonly string[]>;

interface Arguments {
  readonly positionals: readonly string[];
  readonly options: Given;
}

/** Reads a command's arguments against its options. */
export function readArguments(args: readonly string[], specs: readonly OptionSpec[]): Arguments {
  const byName = new Map<string, OptionSpec>();
  for (const spec of specs) for (const name of [spec.name, ...(spec.aliases ?? [])]) byName.set(name, spec);
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...byName].map(([name, { argument, short }]) => [
        name,
        {
          type: argument === undefined ? ('boolean' as const) : ('string' as const),
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
  });
  const positionals: string[] = [];
  const options = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = byName.get(token.name);
    if (spec === undefined) throw new BadInput(unknownOption(token.rawName, [...byName.keys()]));
    const value = readValue(spec, token.rawName, token.value, token.inlineValue === true);
    options.set(spec.name, [...(options.get(spec.name) ?? []), value]);
  }
  return { positionals, options };
}

function unknownOption(raw: string, known: readonly string[]): string {
  const near = closest(raw.replace(/^-+/, ''), known);
  return `unknown option '${raw}'${near === null ? '' : `. Did you mean '--${near}'?`}`;
}

function readValue(spec: OptionSpec, raw: string, value: string | undefined, inline: boolean): string {
  if (spec.argument === undefined) {
    if (value !== undefined) throw new BadInput(`option '${raw}' takes no value`);
    return 'true';
  }
  if (value === undefined || value === '' || (!inline && /^--?[a-z]/.test(value)))
    throw new BadInput(`option '${raw}' needs a value: ${raw} ${spec.argument}`);
  return value;
}

/** The last value given for an option. */
export const last = (options: Given, name: string): string | undefined => options.get(name)?.at(-1);

/** All values of an option, comma-separated lists taken apart; undefined when it was not given. */
export const listOf = (options: Given, name: string): string[] | undefined =>
  options.get(name)?.flatMap((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** A whole number of at least `least`, or the default. */
export function numberOf(options: Given, name: string, usual: number, least: number): number {
  const text = last(options, name);
  if (text === undefined) return usual;
  const value = Number(text.replaceAll(/[_,]/g, ''));
  if (!Number.isSafeInteger(value) || value < least)
    throw new BadInput(`--${name} takes a whole number of at least ${least}, not '${text}'`);
  return value;
}
