import type { Comparison } from '../../core/index.ts';
import type { WaterfallSpec } from '../charts/chart.ts';
import { cycles, signed } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { resultText } from '../text/results.ts';
import { STAGE_PAINT } from '../widgets/palette.ts';

const text = resultText.compare;

/** Bars of the tornado; the table has every step. */
const BARS = 12;
/** Paths of one side that are listed. */
const PATHS = 20;
/** Steps of a path that are named, the dearest being elsewhere. */
const STEPS_NAMED = 12;

const yesNo = (value: boolean): string => (value ? resultText.yes : resultText.no);

/** Tornado: what each price alone can do to the difference, the most first. */
export function tornado({ a, b, sensitivities }: Comparison): WaterfallSpec {
  const bars = sensitivities.slice(0, BARS).map(({ step, stage, atLow, atHigh }) => ({
    name: step,
    paint: STAGE_PAINT[stage],
    from: Math.min(atLow, atHigh),
    to: Math.max(atLow, atHigh),
    text: `${signed(Math.min(atLow, atHigh))}..${signed(Math.max(atLow, atHigh))}`,
  }));
  return {
    kind: 'waterfall',
    title: `${text.tornado}: ${b} against ${a}`,
    unit: text.tornadoUnit,
    bars,
    description: bars.map(({ name, text: value }) => `${name} ${value}`).join('; '),
  };
}

/** The tornado's numbers. */
export function tornadoTable({ sensitivities }: Comparison): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.tornado,
    columns: [
      { title: text.step },
      { title: text.atLow, unit, align: 'right' },
      { title: text.atHigh, unit, align: 'right' },
      { title: resultText.prices },
      { title: text.decides },
    ],
    rows: sensitivities.map(({ step, stage, kind, atLow, atHigh, decides }) => ({
      key: step,
      cells: [
        { ...words(step), paint: STAGE_PAINT[stage] },
        number(atLow, signed(atLow)),
        number(atHigh, signed(atHigh)),
        words(kind),
        words(yesNo(decides)),
      ],
    })),
  };
}

/** Break-even prices, the nearest to what it is now first. */
export function breakEvenTable({ breakEven }: Comparison): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.breakEven,
    columns: [
      { title: text.step },
      { title: text.now, unit, align: 'right' },
      { title: text.equalAt, unit, align: 'right' },
      { title: text.inRange },
    ],
    rows: breakEven.map(({ step, stage, now, price, inRange }) => ({
      key: step,
      cells: [
        { ...words(step), paint: STAGE_PAINT[stage] },
        number(now, cycles(now)),
        number(price, cycles(price)),
        words(yesNo(inRange)),
      ],
    })),
  };
}

/** Paths that one side took and the other never, the most frequent first. */
export function onlyPathsTable({ onlyA, onlyB }: Comparison): TableSpec {
  const of = (side: 'A' | 'B', paths: Comparison['onlyA']) => paths.slice(0, PATHS).map((path) => ({ side, path }));
  const rows = [...of('A', onlyA), ...of('B', onlyB)];
  return {
    caption: text.onlyPaths,
    columns: [{ title: text.side }, { title: text.accesses, align: 'right' }, { title: text.pathSteps, wide: true }],
    rows: rows.map(({ side, path: { steps, count } }, n) => ({
      key: `${side}${n}`,
      cells: [words(side), number(count, cycles(count)), words(stepsText(steps))],
    })),
  };
}

function stepsText(steps: Comparison['onlyA'][number]['steps']): string {
  const named = steps.slice(0, STEPS_NAMED).map(([step, times]) => (times === 1 ? step : `${step} ×${times}`));
  const more = steps.length - named.length;
  return `${named.join(', ')}${more > 0 ? `, … (${more})` : ''}`;
}
