import { Draws } from '../../core/index.ts';
import { last, numberOf, type Given, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';

const MOST = 1_000_000;

/** How intervals are made. */
export const DRAW_OPTIONS: readonly OptionSpec[] = [
  { name: 'draws', argument: 'N', help: 'price lists drawn for an interval, default 10,000' },
  { name: 'draw-seed', argument: 'N', help: 'seed of the draws, default 1' },
  {
    name: 'correlation',
    argument: 'R',
    help: 'how far prices of one stage err together, 0 to 1; default 0.5, an assumption',
  },
];

export function drawsOf(options: Given): Draws {
  const draws = numberOf(options, 'draws', 10_000, 100);
  if (draws > MOST) throw new BadInput(`--draws takes at most ${MOST}`);
  const text = last(options, 'correlation') ?? '0.5';
  const correlation = Number(text);
  if (!(correlation >= 0 && correlation <= 1))
    throw new BadInput(`--correlation takes a number from 0 to 1, not '${text}'`);
  return new Draws({ draws, seed: numberOf(options, 'draw-seed', 1, 0), correlation });
}
