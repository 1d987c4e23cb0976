import type { Paint } from '../widgets/palette.ts';

/** One field of a table: what is read, and the number behind it. */
export interface Cell {
  readonly text: string;
  /** For the clipboard: the plain number, or the text. */
  readonly raw: string | number;
  /** Second line, e.g. the bounds of an estimate. */
  readonly note?: string;
  /** Colour of what the field is about. */
  readonly paint?: Paint;
  /** Worse or better than what it is compared with, or changed. */
  readonly mark?: 'worse' | 'better' | 'changed';
}

export interface Column {
  readonly title: string;
  /** Written below the title. */
  readonly unit?: string;
  readonly align?: 'right';
  /** Colour of what the column is about. */
  readonly paint?: Paint;
  /** Long text that may take several lines. */
  readonly wide?: boolean;
}

export interface Row {
  readonly key: string;
  readonly cells: readonly Cell[];
  /** What pressing the row's first field does, in words; null when it does nothing. */
  readonly action?: string | null;
}

export interface TableSpec {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export const words = (text: string): Cell => ({ text, raw: text });
export const number = (raw: number, text: string, note?: string): Cell => ({
  raw,
  text,
  ...(note === undefined ? {} : { note }),
});

/** The field of each column with the longest text or note. */
export const longestCells = ({ columns, rows }: TableSpec): Cell[] =>
  columns.map((_, c) => {
    let [most, longest] = [-1, words('')];
    for (const { cells } of rows) {
      const cell = cells[c];
      const length = Math.max(cell?.text.length ?? 0, cell?.note?.length ?? 0);
      if (cell !== undefined && length > most) [most, longest] = [length, cell];
    }
    return longest;
  });

const titleOf = ({ title, unit }: Column): string => (unit === undefined ? title : `${title} (${unit})`);

/** Tab-separated, numbers plain, for a spreadsheet. */
export function toTsv({ columns, rows }: TableSpec): string {
  const line = (fields: readonly (string | number)[]): string =>
    fields.map((field) => String(field).replaceAll(/[\t\r\n]+/g, ' ')).join('\t');
  return `${[line(columns.map(titleOf)), ...rows.map(({ cells }) => line(cells.map(({ raw }) => raw)))].join('\n')}\n`;
}

/** As a Markdown table, as it is read here, with bounds in brackets. */
export function toMarkdown({ caption, columns, rows }: TableSpec): string {
  const line = (fields: readonly string[]): string =>
    `| ${fields.map((field) => field.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  const cell = ({ text, note }: Cell): string => (note === undefined ? text : `${text} (${note})`);
  return `${[
    `**${caption}**`,
    '',
    line(columns.map(titleOf)),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(({ cells }) => line(cells.map(cell))),
  ].join('\n')}\n`;
}
