import { EVENT_ROWS, eventText } from '../../core/index.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type Row, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { argumentsOn, type ArgumentPage } from './event-arguments.ts';
import type { EventColumns } from './event-columns.ts';

const text = resultText.timeline;

/** Name of an event's kind. */
export const eventName = ({ kind }: EventColumns, at: number): string =>
  EVENT_ROWS[kind[at]!]?.[0] ?? `event ${kind[at]}`;

/** Whose events they are. */
export interface EventSource {
  readonly columns: EventColumns;
  /** Events before the first one kept. */
  readonly dropped: number;
  readonly vendor: 'intel' | 'amd';
}

/** Fields of one event: number, access, clock, cycles since the one before, words; the words say only its name while `page` has no arguments. */
export function eventRow({ columns, dropped, vendor }: EventSource, at: number, page: ArgumentPage | null): Row {
  const kind = columns.kind[at]!;
  const name = eventName(columns, at);
  const args = page === null ? null : argumentsOn(page, at);
  const clock = columns.cycles.at(at);
  const access = columns.access.at(at);
  const since = at === 0 ? 0 : clock - columns.cycles.at(at - 1);
  return {
    key: `${at}`,
    cells: [
      number(dropped + at + 1, grouped(dropped + at + 1)),
      number(access, grouped(access)),
      number(clock, cycles(Math.round(clock))),
      number(since, since === 0 ? '' : `+${cycles(since)}`),
      words(args === null ? `${name} …` : eventText({ kind, name, args }, vendor)),
    ],
  };
}

export const EVENT_COLUMNS: TableSpec['columns'] = [
  { title: text.number, align: 'right' },
  { title: text.access, align: 'right' },
  { title: text.at, align: 'right' },
  { title: text.took, align: 'right' },
  { title: text.what },
];

/** The events of a page as a table for the clipboard. */
export const eventsTable = (source: EventSource, page: ArgumentPage): TableSpec => ({
  caption: text.table,
  columns: EVENT_COLUMNS,
  rows: Array.from({ length: page.cells.length / 4 }, (_, n) => eventRow(source, page.from + n, page)),
});
