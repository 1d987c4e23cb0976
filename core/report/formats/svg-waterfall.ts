import { figure, signed } from '../numbers.ts';
import { at, markup } from './markup.ts';

const WIDTH = 760;
const LABEL = 200;
const VALUE = 90;
const ROW = 26;

export interface Fall {
  readonly name: string;
  readonly paint: string;
  /** Cycles more or fewer. */
  readonly change: number;
}

/** From one total to another, a bar a stage that differs. */
export function waterfall(
  title: string,
  before: readonly [string, number],
  after: readonly [string, number],
  falls: readonly Fall[],
): string {
  let level = before[1];
  const rows: { name: string; paint: string; from: number; to: number; text: string }[] = [
    { name: before[0], paint: 'total', from: 0, to: before[1], text: figure(before[1]) },
  ];
  for (const { name, paint, change } of falls) {
    rows.push({ name, paint, from: level, to: level + change, text: signed(change) });
    level += change;
  }
  rows.push({ name: after[0], paint: 'total', from: 0, to: after[1], text: figure(after[1]) });
  const most = Math.max(...rows.flatMap(({ from, to }) => [from, to]), 1);
  const least = Math.min(...rows.flatMap(({ from, to }) => [from, to]), 0);
  const scale = (WIDTH - LABEL - VALUE) / (most - least);
  const x = (value: number): number => LABEL + (value - least) * scale;
  return [
    `<svg role="img" aria-label="${markup(title)}" viewBox="0 0 ${WIDTH} ${rows.length * ROW}" xmlns="http://www.w3.org/2000/svg">`,
    `<title>${markup(title)}</title>`,
    `<path class="grid" d="M${at(x(0))} 0V${rows.length * ROW}"/>`,
    ...rows.map(({ name, paint, from, to, text }, row) => {
      const y = row * ROW + 4;
      const left = Math.min(x(from), x(to));
      const right = Math.max(x(from), x(to));
      return (
        `<text class="name" x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${markup(name.length <= 30 ? name : `${name.slice(0, 27)}...`)}</text>` +
        `<rect class="${paint}" x="${at(left)}" y="${y}" width="${at(Math.max(1, right - left))}" height="${ROW - 8}"><title>${markup(`${name}: ${text} cycles an access`)}</title></rect>` +
        `<text class="value" x="${at(right + 6)}" y="${y + 13}">${text}</text>`
      );
    }),
    '</svg>',
  ].join('\n');
}
