import { figure } from '../numbers.ts';
import { at, markup, tickStep } from './markup.ts';

const WIDTH = 760;
const LABEL = 200;
const VALUE = 80;
const ROW = 26;
const AXIS = 24;

export interface BarPart {
  readonly name: string;
  /** Class that gives the colour. */
  readonly paint: string;
  readonly value: number;
}

export interface Bar {
  readonly name: string;
  readonly parts: readonly BarPart[];
}

/** Stacked horizontal bars with an axis from 0. `title` is read to who cannot see it; the numbers stand in a table beside it. */
export function stackedBars(title: string, unit: string, bars: readonly Bar[]): string {
  const total = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(...bars.map(total), 1);
  const scale = (WIDTH - LABEL - VALUE) / most;
  const height = bars.length * ROW + AXIS;
  const step = tickStep(most);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
  return [
    `<svg role="img" aria-label="${markup(title)}" viewBox="0 0 ${WIDTH} ${height}" xmlns="http://www.w3.org/2000/svg">`,
    `<title>${markup(title)}</title>`,
    ...ticks.map((tick) => {
      const x = at(LABEL + tick * scale);
      const bottom = height - AXIS;
      return `<path class="grid" d="M${x} 0V${bottom}"/><text class="tick" x="${x}" y="${bottom + 16}" text-anchor="middle">${figure(tick)}</text>`;
    }),
    ...bars.flatMap((bar, row) => barRow(bar, row, scale, total(bar), unit)),
    '</svg>',
  ].join('\n');
}

function barRow(bar: Bar, row: number, scale: number, total: number, unit: string): string[] {
  const y = row * ROW + 4;
  let x = LABEL;
  const parts = bar.parts
    .filter(({ value }) => value > 0)
    .map(({ name, paint, value }) => {
      const from = x;
      x += value * scale;
      const said = `${bar.name}, ${name}: ${figure(value)} ${unit}`;
      return `<rect class="${paint}" x="${at(from)}" y="${y}" width="${at(x - from)}" height="${ROW - 8}"><title>${markup(said)}</title></rect>`;
    });
  return [
    `<text class="name" x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${markup(shortened(bar.name))}</text>`,
    ...parts,
    `<text class="value" x="${at(x + 6)}" y="${y + 13}">${figure(total)}</text>`,
  ];
}

const shortened = (name: string): string => (name.length <= 30 ? name : `${name.slice(0, 27)}...`);
