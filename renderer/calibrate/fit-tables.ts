import type { CalibrationMade } from '../../host/contract/lab.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type Cell, type TableSpec } from '../charts/table.ts';
import { resultText } from '../text/results.ts';
import { reportText } from '../text/reports.ts';

const text = reportText.calibrate;

/** Prices that are listed. */
const MOST_MOVED = 40;

/** How far a figure is off what was measured: `+3.1 %`. */
export function offText(found: number, measured: number): string {
  const share = (found / measured - 1) * 100;
  return `${share > 0 ? '+' : share < 0 ? '\u2212' : ''}${Math.abs(share).toFixed(1)} %`;
}

const against = (found: number | null, measured: number): Cell =>
  found === null ? words('–') : number(found, cycles(found), offText(found, measured));

/** A residual and a prediction of each row. */
export function residualTable({ file: { rows } }: CalibrationMade): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.residuals,
    columns: [
      { title: text.row },
      { title: text.measured, unit, align: 'right' },
      { title: text.before, unit, align: 'right' },
      { title: text.fitted, unit, align: 'right' },
      { title: text.leftOut, unit, align: 'right' },
    ],
    rows: rows.map(({ name, measured, before, fitted, leftOut }, n) => ({
      key: `${n}`,
      cells: [
        words(name),
        number(measured, cycles(measured)),
        against(before, measured),
        against(fitted, measured),
        against(leftOut, measured),
      ],
    })),
  };
}

/** The largest part by which a row that was left out is mispredicted; null for a single row. */
export function worstPrediction({ file: { rows } }: CalibrationMade): number | null {
  const errors = rows.flatMap(({ leftOut, measured }) => (leftOut === null ? [] : [Math.abs(leftOut / measured - 1)]));
  return errors.length === 0 ? null : Math.max(...errors);
}

/** Prices that the rows told something of, the best known first. */
export function movedTable({ moved }: CalibrationMade): TableSpec {
  const unit = resultText.cycles;
  const rows = [...moved].sort((a, b) => b.settled - a.settled).slice(0, MOST_MOVED);
  return {
    caption: text.moved,
    columns: [
      { title: resultText.compare.step },
      { title: text.before, unit, align: 'right' },
      { title: resultText.compare.now, unit, align: 'right' },
      { title: text.plusMinus, unit, align: 'right' },
      { title: text.settled, align: 'right' },
    ],
    rows: rows.map(({ step, before, value, sigma, settled, held }) => ({
      key: step,
      cells: [
        words(step),
        number(before, cycles(before)),
        number(value, cycles(value)),
        number(2 * sigma, cycles(2 * sigma)),
        held ? words(text.held) : number(settled, `${Math.round(settled * 100)} %`),
      ],
    })),
  };
}
