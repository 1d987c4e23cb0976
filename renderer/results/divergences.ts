import type { DivergenceKind } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { number, words, type Row, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { divergencePaint } from '../widgets/palette.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.divergences;

export const divergenceCount = ({ result }: Pick<PricedRun, 'result'>): number =>
  result.divergences.reduce((sum, { count }) => sum + count, 0);

/** Divergences by kind, a stack a configuration that was checked. */
export function divergencesChart(runs: readonly PricedRun[]): BarsSpec {
  const checked = runs.filter(({ result }) => result.checked);
  const kinds = [...new Set(checked.flatMap(({ result }) => result.divergences.map(({ kind }) => kind)))];
  const countOf = ({ result }: PricedRun, kind: DivergenceKind): number =>
    result.divergences.reduce((sum, one) => (one.kind === kind ? sum + one.count : sum), 0);
  return {
    kind: 'bars',
    title: text.title,
    unit: text.count,
    whole: true,
    labels: checked.map(({ name }) => name),
    parts: kinds.map((kind) => ({
      name: kind,
      paint: divergencePaint(kind),
      values: checked.map((run) => countOf(run, kind)),
    })),
    whiskers: null,
    description: checked.map((run) => `${run.name}: ${grouped(divergenceCount(run))}`).join('; '),
  };
}

const lineOf = (line: number) => (line > 0 ? number(line, `${line}`) : words(''));
/** Key of a row that leads to a line; the number before the colon makes it unique. */
const keyOf = (n: number, line: number): string => `${n}:${line}`;

/** The line that a row of these tables is about; 0 for none. */
export const lineOfKey = (key: string): number => Number(key.split(':')[1] ?? 0);

/** What the guest observed and must not have, with the access that caused it; pressing one goes to its line. */
export function divergencesTable(runs: readonly PricedRun[]): TableSpec {
  const all = runs.flatMap((run) => run.result.divergences.map((divergence) => ({ run, divergence })));
  return {
    caption: text.title,
    columns: [
      { title: text.kind },
      { title: resultText.configuration },
      { title: text.count, align: 'right' },
      { title: text.what, wide: true },
      { title: text.access },
      { title: text.line, align: 'right' },
    ],
    rows: all.map(({ run, divergence: { kind, text: what, access, line, count } }, n) => ({
      key: keyOf(n, line),
      action: line > 0 ? text.goTo(line) : null,
      cells: [
        { ...words(kind), paint: divergencePaint(kind) },
        words(run.name),
        number(count, grouped(count)),
        words(what),
        words(access),
        lineOf(line),
      ],
    })),
  };
}

/** Guest faults, errors of the script's ioctls and what stopped a vCPU. */
export function notesTable(runs: readonly PricedRun[]): TableSpec {
  const rows: Row[] = [];
  for (const { name, result } of runs) {
    const add = (kind: string, what: string, line: number, count: number): void => {
      rows.push({
        key: keyOf(rows.length, line),
        action: line > 0 ? text.goTo(line) : null,
        cells: [words(kind), words(name), number(count, grouped(count)), words(what), lineOf(line)],
      });
    };
    if (result.problem !== null) add(text.stopped, result.problem.text, result.problem.line, 1);
    for (const { what, line, count } of result.notes) add(text.note, what, line, count);
  }
  return {
    caption: text.notes,
    columns: [
      { title: text.kind },
      { title: resultText.configuration },
      { title: text.count, align: 'right' },
      { title: text.what, wide: true },
      { title: text.line, align: 'right' },
    ],
    rows,
  };
}
