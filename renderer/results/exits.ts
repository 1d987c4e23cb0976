import type { BarsSpec } from '../charts/chart.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { EXIT_MEANINGS, OTHER_EXIT, type Paint } from '../widgets/palette.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.exits;
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

/** Exits that mean the same, whatever the vendor calls them. */
interface Meaning {
  /** The names that the results have for it, Intel's first: `EPT_VIOLATION / NPF`. */
  readonly name: string;
  readonly reasons: readonly string[];
  readonly paint: Paint;
}

const countOf = ({ result }: PricedRun, { reasons }: Pick<Meaning, 'reasons'>): number =>
  reasons.reduce((all, reason) => all + (result.exits[reason] ?? 0), 0);

/** What the guests of some results were left for, the most frequent first; equal ones by name. */
export function exitMeanings(runs: readonly PricedRun[]): Meaning[] {
  const met = [...new Set(runs.flatMap(({ result }) => Object.keys(result.exits)))];
  const known = EXIT_MEANINGS.map(({ reasons, paint }) => ({
    reasons: reasons.filter((reason) => met.includes(reason)),
    paint,
  })).filter(({ reasons }) => reasons.length > 0);
  const others = met
    .filter((reason) => !EXIT_MEANINGS.some(({ reasons }) => reasons.includes(reason)))
    .map((reason) => ({ reasons: [reason], paint: OTHER_EXIT }));
  return [...known, ...others]
    .map((meaning) => ({
      ...meaning,
      name: meaning.reasons.join(' / '),
      total: runs.reduce((all, run) => all + countOf(run, meaning), 0),
    }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** What must be known to read the names: nothing while no two vendors share a row. */
export const aboutExits = (runs: readonly PricedRun[]): string | null =>
  exitMeanings(runs).some(({ reasons }) => reasons.length > 1) ? text.vendors : null;

/** Exits by reason, a stack a configuration. */
export function exitsChart(runs: readonly PricedRun[]): BarsSpec {
  return {
    kind: 'bars',
    title: text.title,
    unit: text.perRun,
    whole: true,
    labels: runs.map(({ name }) => name),
    parts: exitMeanings(runs).map((meaning) => ({
      name: meaning.name,
      paint: meaning.paint,
      values: runs.map((run) => countOf(run, meaning)),
    })),
    whiskers: null,
    description: runs.map(({ name, result }) => `${name}: ${grouped(sum(result.exits))}`).join('; '),
  };
}

/** The chart's numbers, with exits to userspace and signals. */
export function exitsTable(runs: readonly PricedRun[]): TableSpec {
  const meanings = exitMeanings(runs);
  const count = (value: number) => number(value, grouped(value));
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      ...meanings.map(({ name, paint }) => ({ title: name, align: 'right' as const, paint })),
      { title: text.total, align: 'right' },
      { title: text.total, unit: text.per, align: 'right' },
      { title: text.userspace, align: 'right' },
      { title: text.signals, align: 'right' },
    ],
    rows: runs.map((run) => {
      const { index, name, result } = run;
      const all = sum(result.exits);
      const mean = result.accesses === 0 ? 0 : all / result.accesses;
      return {
        key: `${index}`,
        cells: [
          words(name),
          ...meanings.map((meaning) => count(countOf(run, meaning))),
          count(all),
          number(mean, cycles(mean)),
          count(result.userspaceExits),
          count(sum(result.eventfds)),
        ],
      };
    }),
  };
}
