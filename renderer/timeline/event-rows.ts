import { EVENT_ROWS, eventText } from '../../core/index.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type Row, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import type { EventColumns } from './event-columns.ts';

const text = resultText.timeline;

/** Name of an event's kind. */
export const eventName = ({ kind }: EventColumns, at: number): string =>
  EVENT_ROWS[kind[at]!]?.[0] ?? `event ${kind[at]}`;

/** Fields of one event: number, access, clock, cycles since the one before, words. `dropped`: events before the first one kept. */
export function eventRow(columns: EventColumns, at: number, dropped: number, vendor: 'intel' | 'amd'): Row {
  const kind = columns.kind[at]!;
  const args = [...columns.args.subarray(at * 4, at * 4 + 4)];
  const clock = columns.cycles[at]!;
  const since = at === 0 ? 0 : clock - columns.cycles[at - 1]!;
  return {
    key: `${at}`,
    cells: [
      number(dropped + at + 1, grouped(dropped + at + 1)),
      number(columns.access[at]!, grouped(columns.access[at]!)),
      number(clock, cycles(Math.round(clock))),
      number(since, since === 0 ? '' : `+${cycles(since)}`),
      words(eventText({ kind, name: eventName(columns, at), args }, vendor)),
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

/** Events from one number to another (not with it) as a table for the clipboard. */
export const eventsTable = (
  columns: EventColumns,
  [from, to]: readonly [number, number],
  dropped: number,
  vendor: 'intel' | 'amd',
): TableSpec => ({
  caption: text.table,
  columns: EVENT_COLUMNS,
  rows: Array.from({ length: Math.max(0, to - from) }, (_, n) => eventRow(columns, from + n, dropped, vendor)),
});
