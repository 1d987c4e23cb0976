import { describe, expect, it } from 'vitest';
import { last, listOf, numberOf, readArguments, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';

const SPECS: readonly OptionSpec[] = [
  { name: 'design', aliases: ['designs'], argument: 'LIST', help: '' },
  { name: 'output', short: 'o', argument: 'FILE', help: '' },
  { name: 'json', help: '' },
];

const sentence = (args: string[]): string => {
  try {
    readArguments(args, SPECS);
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  return 'no error';
};

describe('arguments', () => {
  it('are read in any order, with aliases, short forms and values after =', () => {
    const { positionals, options } = readArguments(
      ['a.ts', '--designs', 'x,y', '-o', 'f', '--design=z', '--json'],
      SPECS,
    );
    expect(positionals).toEqual(['a.ts']);
    expect(listOf(options, 'design')).toEqual(['x', 'y', 'z']);
    expect(last(options, 'output')).toBe('f');
    expect(last(options, 'json')).toBe('true');
  });

  it('may begin with a dash behind --', () => {
    expect(readArguments(['--', '-strange.ts'], SPECS).positionals).toEqual(['-strange.ts']);
  });

  it.each([
    [['--desing', 'x'], "unknown option '--desing'. Did you mean '--design'?"],
    [['--completely-else'], "unknown option '--completely-else'"],
    [['-x'], "unknown option '-x'"],
    [['--design'], "option '--design' needs a value: --design LIST"],
    [['--design', '--json'], "option '--design' needs a value: --design LIST"],
    [['--design='], "option '--design' needs a value: --design LIST"],
    [['--json=yes'], "option '--json' takes no value"],
  ])('%j: %s', (args, message) => expect(sentence(args)).toBe(message));

  it('take numbers with separators, and no others', () => {
    const given = (value: string) => readArguments(['-o', value], SPECS).options;
    expect(numberOf(given('1_000,000'), 'output', 5, 1)).toBe(1_000_000);
    expect(numberOf(new Map(), 'output', 5, 1)).toBe(5);
    for (const wrong of ['0', '1.5', 'many', '1e99'])
      expect(() => numberOf(given(wrong), 'output', 5, 1)).toThrow(BadInput);
  });
});
