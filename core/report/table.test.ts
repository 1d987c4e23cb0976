import { describe, expect, it } from 'vitest';
import { COLOUR } from './style.ts';
import { cut, table, wrap } from './table.ts';

describe('a table', () => {
  const columns = [{ title: 'name' }, { title: 'cycles', align: 'right' }, { title: 'what' }] as const;

  it('aligns names left and numbers right, without blanks at the end', () => {
    expect(
      table(columns, [
        ['a', '1,000', 'x'],
        ['longer', '7', ''],
      ]),
    ).toEqual(['name    cycles  what', 'a        1,000  x', 'longer       7']);
  });

  it('does not count colour as width', () => {
    const [, plain] = table(columns, [['a', '1', 'x']]);
    const [, coloured] = table(columns, [[COLOUR.bad('a'), '1', 'x']]);
    expect(coloured).toBe(plain!.replace('a', COLOUR.bad('a')));
  });
});

describe('wrapping', () => {
  it('keeps every line within the width and every word', () => {
    const text = 'the quick brown fox jumps over the lazy dog '.repeat(10);
    const lines = wrap(text, '    ', '  ', 30);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines.join(' ').split(/\s+/).join(' ').trim()).toBe(text.trim());
    expect(lines[0]).toMatch(/^ {2}\S/);
    expect(lines[1]).toMatch(/^ {4}\S/);
  });

  it('leaves a word alone that is too long for a line', () => {
    expect(wrap('a 123456789012 b', '', '', 8)).toEqual(['a', '123456789012', 'b']);
  });

  it('cuts with a sign', () => {
    expect(cut('walk.fixed walk.psc_probe', 13)).toBe('walk.fixed...');
    expect(cut('short', 13)).toBe('short');
  });
});
