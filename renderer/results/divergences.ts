import type { DivergenceKind } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { configurationsNamed } from '../text/named.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { NEUTRAL } from '../widgets/palette.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.divergences;

export const divergenceCount = ({ result }: Pick<PricedRun, 'result'>): number =>
  result.divergences.reduce((sum, { count }) => sum + count, 0);

/** Divergences of each configuration that was checked, a bar a kind. The kind is written; a colour means a stage or an exit everywhere. */
export function divergencesChart(runs: readonly PricedRun[]): BarsSpec {
  const checked = runs.filter(({ result }) => result.checked);
  const bars = checked.flatMap(({ name, result }) => {
    const counts = new Map<DivergenceKind, number>();
    for (const { kind, count } of result.divergences) counts.set(kind, (counts.get(kind) ?? 0) + count);
    if (counts.size === 0) return [{ label: name, count: 0 }];
    return [...counts].map(([kind, count]) => ({ label: `${name}: ${kind}`, count }));
  });
  return {
    kind: 'bars',
    title: text.title,
    unit: text.count,
    whole: true,
    labels: bars.map(({ label }) => label),
    parts: [{ name: text.count, paint: NEUTRAL, values: bars.map(({ count }) => count) }],
    whiskers: null,
    description: checked.map((run) => `${run.name}: ${grouped(divergenceCount(run))}`).join('; '),
  };
}

const lineOf = (line: number) => (line > 0 ? number(line, `${line}`) : words(''));
/** Key of a row that leads to a line; the number before the colon makes it unique. */
const keyOf = (n: number, line: number): string => `${n}:${line}`;

/** The line that a row of these tables is about; 0 for none. */
export const lineOfKey = (key: string): number => Number(key.split(':')[1] ?? 0);

/** Things that are equal in every field but their configuration, as one with all of its configurations; in the order of the first. */
function together<T extends object>(all: readonly { readonly name: string; readonly what: T }[]) {
  const found = new Map<string, { what: T; names: string[] }>();
  for (const { name, what } of all) {
    const key = JSON.stringify(Object.entries(what).sort());
    const known = found.get(key);
    if (known === undefined) found.set(key, { what, names: [name] });
    else known.names.push(name);
  }
  return [...found.values()];
}

/**
 * What the guest observed and must not have, with the access that caused it; what several configurations have alike is one row. Pressing
 * one goes to its line.
 */
export function divergencesTable(runs: readonly PricedRun[]): TableSpec {
  const all = runs.flatMap(({ name, result }) => result.divergences.map((what) => ({ name, what })));
  return {
    caption: text.title,
    columns: [
      { title: text.kind },
      { title: text.what, wide: true },
      { title: resultText.configuration, wide: true },
      { title: text.each, align: 'right' },
      { title: text.access },
      { title: text.line, align: 'right' },
    ],
    rows: together(all).map(({ names, what: { kind, text: what, access, line, count } }, n) => ({
      key: keyOf(n, line),
      action: line > 0 ? text.goTo(line) : null,
      cells: [
        words(kind),
        words(what),
        words(configurationsNamed(names, runs.length)),
        number(count, grouped(count)),
        words(access),
        lineOf(line),
      ],
    })),
  };
}

type Note = { readonly kind: string; readonly what: string; readonly line: number; readonly count: number };

/** Guest faults, errors of the script's ioctls and what stopped a vCPU; what several configurations have alike is one row. */
export function notesTable(runs: readonly PricedRun[]): TableSpec {
  const all = runs.flatMap(({ name, result: { problem, notes } }) => [
    ...(problem === null
      ? []
      : [{ name, what: { kind: text.stopped, what: problem.text, line: problem.line, count: 1 } }]),
    ...notes.map(({ what, line, count }) => ({ name, what: { kind: text.note, what, line, count } })),
  ]);
  return {
    caption: text.notes,
    columns: [
      { title: text.kind },
      { title: text.what, wide: true },
      { title: resultText.configuration, wide: true },
      { title: text.each, align: 'right' },
      { title: text.line, align: 'right' },
    ],
    rows: together<Note>(all).map(({ names, what: { kind, what, line, count } }, n) => ({
      key: keyOf(n, line),
      action: line > 0 ? text.goTo(line) : null,
      cells: [
        words(kind),
        words(what),
        words(configurationsNamed(names, runs.length)),
        number(count, grouped(count)),
        lineOf(line),
      ],
    })),
  };
}
