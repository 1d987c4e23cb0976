import { difference, STAGES, type Difference, type Stage } from '../../core/index.ts';
import type { WaterfallSpec } from '../charts/chart.ts';
import { cycles, signed, signedRange } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { KINDS_COLUMN, kindsCell, kindsText, type Kinds } from '../results/price-kinds.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { stageCycles } from '../results/stages.ts';
import { resultText } from '../text/results.ts';
import { NEUTRAL, STAGE_PAINT } from '../widgets/palette.ts';

const text = resultText.compare;

/** What an access of B costs more or less than one of A. */
export const differenceOf = (a: PricedRun, b: PricedRun): Difference => difference(a, b);

const markOf = (change: number): { mark: 'worse' | 'better' } | object =>
  change > 0 ? { mark: 'worse' as const } : change < 0 ? { mark: 'better' as const } : {};

/** From A's cost to B's, a bar a stage that differs, in the order of STAGES. */
export function waterfall(a: PricedRun, b: PricedRun): WaterfallSpec {
  const changes = differenceOf(a, b).stages;
  const start = a.priced.perAccess.value;
  const bars: WaterfallSpec['bars'][number][] = [
    { name: `A ${a.name}`, paint: NEUTRAL, from: 0, to: start, text: cycles(start) },
  ];
  let at = start;
  for (const stage of STAGES) {
    const change = changes.find((one) => one.stage === stage)?.cycles ?? 0;
    if (change === 0) continue;
    bars.push({ name: stage, paint: STAGE_PAINT[stage], from: at, to: at + change, text: signed(change) });
    at += change;
  }
  const end = b.priced.perAccess.value;
  bars.push({ name: `B ${b.name}`, paint: NEUTRAL, from: 0, to: end, text: cycles(end) });
  return {
    kind: 'waterfall',
    title: text.title(a.name, b.name),
    unit: resultText.perAccess,
    bars,
    description: bars.map(({ name, text: value }) => `${name} ${value}`).join('; '),
  };
}

/** The waterfall's numbers: every stage of the two, and the change with its sign. */
export function stageDifferenceTable(a: PricedRun, b: PricedRun): TableSpec {
  const unit = resultText.cycles;
  const { cycles: total } = differenceOf(a, b);
  const rows = STAGES.flatMap((stage) => {
    const [one, other] = [stageCycles(a, stage), stageCycles(b, stage)];
    if (one.high === 0 && other.high === 0) return [];
    const change = other.value - one.value;
    return [
      {
        key: stage,
        cells: [
          { ...words(stage), paint: STAGE_PAINT[stage] },
          number(one.value, cycles(one.value)),
          number(other.value, cycles(other.value)),
          { ...number(change, signed(change)), ...markOf(change) },
          kindsCell(kindsOfBoth(a, b, stage)),
        ],
      },
    ];
  });
  const [all, others] = [a.priced.perAccess.value, b.priced.perAccess.value];
  return {
    caption: text.title(a.name, b.name),
    columns: [
      { title: text.stage },
      { title: `A ${a.name}`, unit, align: 'right' },
      { title: `B ${b.name}`, unit, align: 'right' },
      { title: text.change, unit, align: 'right' },
      KINDS_COLUMN,
    ],
    rows: [
      ...rows,
      {
        key: 'total',
        cells: [
          words(text.total),
          number(all, cycles(all)),
          number(others, cycles(others)),
          { ...number(total.value, signed(total.value), signedRange(total)), ...markOf(total.value) },
          kindsCell(kindsOfBoth(a, b, null)),
        ],
      },
    ],
  };
}

/** The steps behind it, the largest difference first. */
export function stepDifferenceTable(a: PricedRun, b: PricedRun): TableSpec {
  return {
    caption: text.steps,
    columns: [
      { title: text.step },
      { title: text.stage },
      { title: text.times, align: 'right' },
      { title: text.change, unit: resultText.perAccess, align: 'right' },
      KINDS_COLUMN,
    ],
    rows: differenceOf(a, b).steps.map(({ step, stage, times, cycles: change }) => ({
      key: step,
      cells: [
        { ...words(step), paint: STAGE_PAINT[stage] },
        words(stage),
        number(times, signed(times)),
        { ...number(change, signed(change)), ...markOf(change) },
        words([...new Set([a.model.prices[step].kind, b.model.prices[step].kind])].join(' / ')),
      ],
    })),
  };
}

/** Kinds of the prices of a stage (null: of all), over an access of A and one of B. */
function kindsOfBoth(a: PricedRun, b: PricedRun, stage: Stage | null): Kinds {
  const sums = { read: 0, derived: 0, estimated: 0 };
  for (const { priced } of [a, b]) {
    for (const { stage: of, cycles: cost, price } of priced.steps) {
      if ((stage === null || of === stage) && priced.accesses > 0) sums[price.kind] += cost.value / priced.accesses;
    }
  }
  const all = sums.read + sums.derived + sums.estimated;
  if (all === 0) return sums;
  return { read: sums.read / all, derived: sums.derived / all, estimated: sums.estimated / all };
}

/** Kinds of the prices of the two, in a sentence. */
export const pricesOfBoth = (a: PricedRun, b: PricedRun): string =>
  text.prices(kindsText(a.priced.provenance), kindsText(b.priced.provenance));
