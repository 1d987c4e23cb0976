import { cycles, range } from '../charts/format.ts';
import { number, words, type Cell, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { eventPaint, STAGE_PAINT } from '../widgets/palette.ts';
import type { ChangedTable } from './state-changes.ts';
import type { Moment } from './walkthrough.ts';

const text = resultText.inspect;

/** Steps and events of an access; pressing a row's first field goes there. */
export function momentsTable(moments: readonly Moment[]): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.steps,
    columns: [
      { title: text.step, wide: true },
      { title: text.stage },
      { title: text.times, align: 'right' },
      { title: text.price, unit, align: 'right' },
      { title: text.sum, unit, align: 'right' },
      { title: text.kind },
      { title: text.source, wide: true },
    ],
    rows: moments.map((moment, n) => {
      const key = `${n}`;
      if (moment.kind === 'event') {
        const paint = eventPaint(moment.name);
        const cells = [{ ...words(`· ${moment.text}`), paint }, ...Array.from({ length: 6 }, () => words(''))];
        return { key, action: moment.name, cells };
      }
      const { name, what, stage, times, price, sum } = moment;
      return {
        key,
        action: what,
        cells: [
          { ...words(name), note: what, ...(stage === null ? {} : { paint: STAGE_PAINT[stage] }) },
          words(stage ?? ''),
          number(times, grouped(times)),
          price === null ? words('') : number(price.value, cycles(price.value), range(price)),
          number(sum, cycles(sum)),
          words(price?.kind ?? ''),
          words(price?.source ?? ''),
        ],
      };
    }),
  };
}

/** One part of the machine's state with what the access changed in it. */
export function stateTableSpec({ id, columns, rows }: ChangedTable, onlyChanges: boolean): TableSpec {
  const shown = onlyChanges ? rows.filter(({ change }) => change !== null) : rows;
  const field = (value: string | number, before: string | number | null, changed: boolean): Cell => {
    const plain = typeof value === 'number' ? grouped(value) : value;
    const was = typeof before === 'number' ? grouped(before) : before;
    const cell = was === null ? words(plain) : words(text.from(was === '' ? '—' : was, plain === '' ? '—' : plain));
    return changed ? { ...cell, mark: 'changed' } : cell;
  };
  return {
    caption: text.tables[id],
    columns: [...columns.map((title) => ({ title })), { title: text.changed }],
    rows: shown.map(({ key, change, cells, before }) => ({
      key: `${key} ${change ?? ''}`,
      cells: [
        ...cells.map((value, n) => {
          const was = before[n] ?? null;
          return field(value, was, was !== null || change === 'added' || change === 'removed');
        }),
        words(change === null ? '' : text[change]),
      ],
    })),
  };
}
