import type { DrawOptions } from '../experiment/uncertainty/draws.ts';
import { integer } from './numbers.ts';

/** How an interval was made, for the label of every number that comes from it. */
export const drawnText = ({ draws, seed, correlation }: DrawOptions): string =>
  `95 %: the middle of ${integer(draws)} price lists drawn from the ranges of the prices (seed ${seed}; the same draws for both sides; ` +
  `prices of one stage err together, correlation ${correlation}, an assumption). It says nothing of steps that the model leaves out.`;
