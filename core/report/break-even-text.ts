import type { Result } from '../base/result.ts';
import { FURTHEST } from '../experiment/uncertainty/break-even.ts';
import type { ShareBreakEven } from '../experiment/uncertainty/break-even-share.ts';
import { comparePair } from '../experiment/uncertainty/compare.ts';
import type { Draws } from '../experiment/uncertainty/draws.ts';
import { drawnText } from './drawn-text.ts';
import { figure, signed } from './numbers.ts';
import { table, wrap } from './table.ts';
import type { RunView, ScenarioView } from './view.ts';

/** Break-even prices that are listed; the rest is further away. */
const SHOWN = 12;

/** A switch that was varied, and where the sign changed. */
export interface Varied {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly found: { readonly low: number; readonly high: number } | null;
}

/** Where two runs cost the same, as text of 80 columns and as data. */
export function breakEvenText(
  scenario: ScenarioView,
  a: RunView,
  b: RunView,
  draws: Draws,
  share: Result<ShareBreakEven> | null,
  varied: Varied | null,
): { text: string; data: object } {
  const comparison = comparePair([a], [b], draws);
  const { verdict, interval, difference, breakEven } = comparison;
  const between = interval === null ? '' : ` (95 % ${signed(interval.low)}..${signed(interval.high)})`;
  const rows = breakEven
    .slice(0, SHOWN)
    .map(({ step, price, now, inRange }): string[] => [
      step,
      figure(now),
      figure(price),
      a.model.prices[step].kind,
      inRange ? 'yes' : 'no',
    ]);
  const lines = [
    scenario.title,
    '',
    `A  ${comparison.a}: ${figure(comparison.costA)} cycles an access`,
    `B  ${comparison.b}: ${figure(comparison.costB)} cycles an access`,
    ...wrap(`B is ${verdict.word}: ${signed(difference)}${between}; ${verdict.why}.`),
    ...comparison.warnings.flatMap((warning) => wrap(`Note: ${warning}.`)),
    '',
    ...(rows.length === 0
      ? wrap(`No price of a single step, up to ${FURTHEST} times what it is now, makes the two equal.`)
      : [
          'Equal if one step cost, all others as they are (cycles):',
          ...table(
            [
              { title: 'step' },
              { title: 'now', align: 'right' },
              { title: 'equal at', align: 'right' },
              { title: 'kind' },
              { title: 'in its range' },
            ],
            rows,
          ),
        ]),
    ...shareLines(share),
    ...variedLines(varied),
    '',
    ...wrap(drawnText(draws.options)),
  ];
  const data = {
    scenario: { file: scenario.file, title: scenario.title },
    comparison,
    share: share?.ok === true ? share.value : null,
    varied,
  };
  return { text: `${lines.join('\n')}\n`, data };
}

function shareLines(share: Result<ShareBreakEven> | null): string[] {
  if (share === null) return [];
  if (!share.ok) return ['', ...wrap(`Share: ${share.error}.`)];
  const { what, share: at, now, above } = share.value;
  const part = (value: number): string => `${figure(value * 100)} %`;
  return [
    '',
    ...wrap(
      `Equal if ${part(at)} of the accesses were ${what.startsWith('phase ') ? `of ${what}` : what} (now ${part(now)}); above that ${above} is cheaper.`,
    ),
  ];
}

function variedLines(varied: Varied | null): string[] {
  if (varied === null) return [];
  const { name, low, high, found } = varied;
  if (found === null) return ['', ...wrap(`The same side is cheaper at ${name}=${low} and at ${name}=${high}.`)];
  return [
    '',
    ...wrap(
      `The cheaper side changes between ${name}=${Math.round(found.low)} and ${name}=${Math.round(found.high)} (found by runs).`,
    ),
  ];
}
