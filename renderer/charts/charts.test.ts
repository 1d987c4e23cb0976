import { describe, expect, it } from 'vitest';
import { cycles, percent, signed } from './format.ts';
import { afterKey } from './grid-keys.ts';
import { withRow } from './drawn-rows.ts';
import { longestCells, number, toMarkdown, toTsv, words, type TableSpec } from './table.ts';

const table: TableSpec = {
  caption: 'Costs',
  columns: [{ title: 'name' }, { title: 'all', unit: 'cycles', align: 'right' }],
  rows: [
    { key: 'a', cells: [words('a|b'), number(1234.5, '1\u202f235', '900..2000')] },
    { key: 'b', cells: [words('two\nlines'), number(0, '0')] },
  ],
};

describe('a table on the clipboard', () => {
  it('has plain numbers as TSV', () => {
    expect(toTsv(table)).toBe('name\tall (cycles)\na|b\t1234.5\ntwo lines\t0\n');
  });

  it('reads as on the screen as Markdown, with bounds', () => {
    expect(toMarkdown(table)).toBe(
      '**Costs**\n\n| name | all (cycles) |\n| --- | ---: |\n| a\\|b | 1\u202f235 (900..2000) |\n| two lines | 0 |\n',
    );
  });
});

describe('a table of which some rows are drawn', () => {
  it('always has the row that Tab goes to, in its place', () => {
    expect(withRow([5, 6, 7], 2, 100)).toEqual([2, 5, 6, 7]);
    expect(withRow([5, 6, 7], 6, 100)).toEqual([5, 6, 7]);
    expect(withRow([5, 6, 7], 90, 100)).toEqual([5, 6, 7, 90]);
    // The heading, and a row that is gone.
    expect(withRow([0, 1], -1, 100)).toEqual([0, 1]);
    expect(withRow([0, 1], 100, 100)).toEqual([0, 1]);
  });

  it('is as wide as its longest fields, drawn or not', () => {
    expect(longestCells(table).map(({ text }) => text)).toEqual(['two\nlines', '1\u202f235']);
    expect(longestCells({ ...table, rows: [] }).map(({ text }) => text)).toEqual(['', '']);
  });
});

describe('numbers', () => {
  it('have thin spaces between thousands and as many digits as mean something', () => {
    expect([0, 1, 1.5, 12.34, 0.0001, 1234567.8, -42].map(cycles)).toEqual([
      '0',
      '1',
      '1.50',
      '12.3',
      '<0.001',
      '1\u202f234\u202f568',
      '\u221242',
    ]);
    expect([3, -3, 0].map(signed)).toEqual(['+3', '\u22123', '0']);
    expect([0, 0.001, 0.5, 0.999, 1].map(percent)).toEqual([
      '0\u00a0%',
      '<1\u00a0%',
      '50\u00a0%',
      '>99\u00a0%',
      '100\u00a0%',
    ]);
  });
});

describe('keys in a grid', () => {
  it('stay inside it', () => {
    const at = { row: 1, column: 1 };
    expect(afterKey(at, 'ArrowDown', false, 3, 2)).toEqual({ row: 2, column: 1 });
    expect(afterKey(at, 'ArrowRight', false, 3, 2)).toEqual({ row: 1, column: 1 });
    expect(afterKey(at, 'Home', true, 3, 2)).toEqual({ row: 0, column: 0 });
    expect(afterKey(at, 'PageDown', false, 3, 2)).toEqual({ row: 2, column: 1 });
    expect(afterKey(at, 'a', false, 3, 2)).toBeNull();
  });
});
