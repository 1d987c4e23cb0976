import type { BarsSpec } from '../charts/chart.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { exitPaint } from '../widgets/palette.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.exits;
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

/** Exit reasons of some results, the most frequent one first; equal ones by name. */
export function exitReasons(runs: readonly PricedRun[]): string[] {
  const totals = new Map<string, number>();
  for (const { result } of runs) {
    for (const [reason, count] of Object.entries(result.exits)) totals.set(reason, (totals.get(reason) ?? 0) + count);
  }
  return [...totals].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([reason]) => reason);
}

/** Exits by reason, a stack a configuration. */
export function exitsChart(runs: readonly PricedRun[]): BarsSpec {
  return {
    kind: 'bars',
    title: text.title,
    unit: text.perRun,
    whole: true,
    labels: runs.map(({ name }) => name),
    parts: exitReasons(runs).map((reason) => ({
      name: reason,
      paint: exitPaint(reason),
      values: runs.map(({ result }) => result.exits[reason] ?? 0),
    })),
    whiskers: null,
    description: runs.map(({ name, result }) => `${name}: ${grouped(sum(result.exits))}`).join('; '),
  };
}

/** The chart's numbers, with exits to userspace and signals. */
export function exitsTable(runs: readonly PricedRun[]): TableSpec {
  const reasons = exitReasons(runs);
  const count = (value: number) => number(value, grouped(value));
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      ...reasons.map((reason) => ({ title: reason, align: 'right' as const, paint: exitPaint(reason) })),
      { title: text.total, align: 'right' },
      { title: text.total, unit: text.per, align: 'right' },
      { title: text.userspace, align: 'right' },
      { title: text.signals, align: 'right' },
    ],
    rows: runs.map(({ index, name, result }) => {
      const all = sum(result.exits);
      const mean = result.accesses === 0 ? 0 : all / result.accesses;
      return {
        key: `${index}`,
        cells: [
          words(name),
          ...reasons.map((reason) => count(result.exits[reason] ?? 0)),
          count(all),
          number(mean, cycles(mean)),
          count(result.userspaceExits),
          count(sum(result.eventfds)),
        ],
      };
    }),
  };
}
