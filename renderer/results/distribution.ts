import { percentile } from '../../core/index.ts';
import type { MarksSpec, StairsSpec } from '../charts/chart.ts';
import { cycles, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { KINDS_COLUMN, kindsCell } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.distribution;
const SHARES = [0.5, 0.9, 0.99, 1] as const;
const SHAPES = ['circle', 'triangle', 'rectRot', 'crossRot'] as const;

/** p50, p90, p99 and the dearest access of a result, in cycles. */
export const percentilesOf = ({ priced }: PricedRun): number[] => SHARES.map((share) => percentile(priced, share));

/** Percentiles of each configuration on one line. */
export function percentilesChart(runs: readonly PricedRun[]): MarksSpec {
  const rows = runs.map(percentilesOf);
  return {
    kind: 'marks',
    title: text.title,
    unit: resultText.perAccess,
    labels: runs.map(({ name }) => name),
    marks: text.percentile.map((name, n) => ({ name, shape: SHAPES[n]!, values: rows.map((row) => row[n]!) })),
    description: runs
      .map(
        ({ name }, r) => `${name}: ${text.percentile.map((label, n) => `${label} ${cycles(rows[r]![n]!)}`).join(', ')}`,
      )
      .join('; '),
  };
}

export function percentilesTable(runs: readonly PricedRun[]): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      { title: text.paths, align: 'right' },
      { title: text.mean, unit, align: 'right' },
      ...text.percentile.map((title) => ({ title, unit, align: 'right' as const })),
      KINDS_COLUMN,
    ],
    rows: runs.map((run) => ({
      key: `${run.index}`,
      cells: [
        words(run.name),
        number(run.result.paths.length, grouped(run.result.paths.length)),
        number(run.priced.perAccess.value, cycles(run.priced.perAccess.value), range(run.priced.perAccess)),
        ...percentilesOf(run).map((value) => number(value, cycles(value))),
        kindsCell(run.priced.provenance),
      ],
    })),
  };
}

/** Which share of the accesses costs at most so many cycles. */
export function stairsChart({ name, priced }: PricedRun): StairsSpec {
  const sorted = [...priced.paths].sort((a, b) => a.cycles.value - b.cycles.value);
  const points: { x: number; y: number }[] = [];
  let seen = 0;
  for (const { path, cycles: cost } of sorted) {
    if (path.count === 0) continue;
    if (points.length === 0) points.push({ x: cost.value, y: 0 });
    seen += path.count;
    const last = points.at(-1)!;
    const y = seen / priced.accesses;
    if (last.x === cost.value && last.y > 0) points[points.length - 1] = { x: cost.value, y };
    else points.push({ x: cost.value, y });
  }
  return {
    kind: 'stairs',
    title: resultText.paths.title(name),
    unit: resultText.perAccess,
    side: resultText.paths.chart,
    points,
    description: `${grouped(priced.paths.length)} ${text.paths}`,
  };
}
