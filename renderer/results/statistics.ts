import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.statistics;

/** KVM's statistics of each run, a row a counter; those that stayed 0 everywhere are left out. */
export function statisticsTable(runs: readonly Pick<PricedRun, 'name' | 'result'>[]): TableSpec {
  const names = [...new Set(runs.flatMap(({ result }) => Object.keys(result.stats)))];
  return {
    caption: text.title,
    columns: [{ title: text.counter }, ...runs.map(({ name }) => ({ title: name, align: 'right' as const }))],
    rows: names
      .filter((name) => runs.some(({ result }) => (result.stats[name] ?? 0) > 0))
      .map((name) => ({
        key: name,
        cells: [
          words(name),
          ...runs.map(({ result }) => number(result.stats[name] ?? 0, grouped(result.stats[name] ?? 0))),
        ],
      })),
  };
}
