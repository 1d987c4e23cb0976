import type { Calibration } from '../experiment/calibration/calibrate.ts';
import type { Measured } from '../experiment/calibration/measured-rows.ts';
import { figure } from './numbers.ts';
import { table, wrap } from './table.ts';

/** Prices that moved the most, in per cent of what they were. */
const SHOWN = 15;

const off = (found: number, measured: number): string => {
  const share = (found / measured - 1) * 100;
  return `${share > 0 ? '+' : ''}${share.toFixed(1)} %`;
};

/** A calibration in 80 columns: a residual and a prediction a row, what moved, and what cannot be told apart. */
export function calibrationText({ host, base, fit, configuration }: Calibration, { unused }: Measured): string {
  const rows = fit.rows.map(({ name, measured, before, fitted, leftOut }): string[] => [
    name,
    figure(measured),
    off(before, measured),
    off(fitted, measured),
    leftOut === null ? '-' : off(leftOut, measured),
  ]);
  const moved = fit.prices
    .filter(({ learned, held }) => learned >= 0.01 || held)
    .map((one) => ({ ...one, change: Math.abs(Math.log((one.value + 1) / (one.prior.value + 1))) }))
    .sort((a, b) => b.change - a.change)
    .slice(0, SHOWN);
  const errors = fit.rows.flatMap(({ leftOut, measured }) =>
    leftOut === null ? [] : [Math.abs(leftOut / measured - 1)],
  );
  const worst = errors.length === 0 ? null : Math.max(...errors) * 100;
  const lines = [
    ...wrap(
      `${host.name}: ${host.cpu}${host.microcode === '' ? '' : `, microcode ${host.microcode}`}${host.kernel === '' ? '' : `, kernel ${host.kernel}`}, ` +
        `mitigations ${host.mitigations}, TSC ${host.ghz} GHz. Priors: ${base}. Modelled on kernel ${configuration.kernel}, ${configuration.mmu}, mitigations ${configuration.mitigations}.`,
    ),
    '',
    ...table(
      [
        { title: 'row' },
        { title: 'measured', align: 'right' },
        { title: 'before', align: 'right' },
        { title: 'fitted', align: 'right' },
        { title: 'left out', align: 'right' },
      ],
      rows,
    ),
    '',
    ...wrap(
      'Cycles. before: by the prices of the base model. fitted: after the fit, not a prediction. left out: predicted from all other rows.' +
        (worst === null ? '' : ` The worst prediction of a row left out is off by ${worst.toFixed(1)} %.`),
    ),
    '',
    ...(moved.length === 0
      ? ['No price moved.']
      : [
          'Prices that moved the most',
          ...table(
            [
              { title: 'step' },
              { title: 'before', align: 'right' },
              { title: 'now', align: 'right' },
              { title: '+-', align: 'right' },
              { title: 'settled', align: 'right' },
            ],
            moved.map(({ step, prior, value, sigma, learned, held }) => [
              step,
              figure(prior.value),
              figure(value),
              figure(2 * sigma),
              held ? 'held at 0' : `${Math.round(learned * 100)} %`,
            ]),
          ),
        ]),
    ...(fit.inseparable.length === 0
      ? []
      : [
          '',
          'These rows cannot tell apart (only the sum of each group is known):',
          ...fit.inseparable.flatMap((group) => wrap(group.join(', '), '    ', '  - ')),
        ]),
    ...(fit.entangled.length === 0
      ? []
      : [
          '',
          ...wrap(
            'Combinations of one another in every row (some of their sums are known, no single price; a group above stands as its first step):',
            '',
            '',
          ),
          ...fit.entangled.flatMap((group) => wrap(group.join(', '), '    ', '  - ')),
        ]),
    ...(unused.length === 0
      ? []
      : ['', 'Not used:', ...unused.flatMap(({ line, why }) => wrap(`line ${line}: ${why}`, '    ', '  - '))]),
  ];
  return `${lines.join('\n')}\n`;
}
