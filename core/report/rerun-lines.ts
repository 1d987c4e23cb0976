import type { Pair } from '../experiment/uncertainty/pairs.ts';
import { rerunPairs, type Reruns } from '../experiment/uncertainty/reruns.ts';
import { figure } from './numbers.ts';
import type { Style } from './style.ts';
import { wrap } from './table.ts';

/** What came of running timed runs again under drawn prices: all draws must agree for a word. */
export function rerunLines(pairs: readonly Pair[], reruns: Reruns, style: Style): string[] {
  const rows = rerunPairs(pairs, reruns);
  if (rows.length === 0) return [];
  const draws = rows[0]!.later.length;
  return [
    '',
    style.heading(`Run again under ${draws} drawn price lists`),
    ...rows.flatMap(({ a, b, later, verdict }) => {
      const range = `${figure(later[0]!)}..${figure(later.at(-1)!)} cycles`;
      return wrap(`${b} against ${a}: ended ${WORDS[verdict]}, ${range}`, '    ', '  ');
    }),
    ...wrap(
      `The same lists for both sides, least..most of ${draws}; earlier or later only where all agree. Timed runs are run once a draw, so the draws are few.`,
      '  ',
      '  ',
    ).map(style.quiet),
  ];
}

const WORDS = {
  earlier: 'earlier',
  later: 'later',
  'the same': 'at the same time',
  inconclusive: 'earlier by some, later by others',
};
