import { visibleLength } from './style.ts';

/** Columns of text are laid out for this width. */
export const WIDTH = 80;
const GAP = 2;

interface Column {
  readonly title: string;
  /** Numbers are right-aligned, so that their digits stand below each other. */
  readonly align?: 'left' | 'right';
}

const pad = (text: string, width: number, align: 'left' | 'right' = 'left'): string => {
  const blanks = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'left' ? text + blanks : blanks + text;
};

/** Rows below their titles, aligned. A cell may hold colour marks; the last left-aligned column is not padded. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  heading: (text: string) => string = (text) => text,
): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, n) => Math.max(...[titles, ...rows].map((row) => visibleLength(row[n] ?? ''))));
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, n) => pad(row[n] ?? '', widths[n]!, align))
      .join(' '.repeat(GAP))
      .trimEnd();
  return [heading(line(titles)), ...rows.map(line)];
}

/** A paragraph in lines of at most `width` characters; every line begins with `indent`, the first with `first` instead. */
export function wrap(text: string, indent = '', first = indent, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line.trimEnd());
  return lines;
}

/** Cuts a text to a width, with a sign that it was cut. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(1, width - 3)).trimEnd()}...`;
