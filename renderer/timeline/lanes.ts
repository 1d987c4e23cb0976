import { EVENT_ROWS } from '../../core/index.ts';
import { compact } from '../text/numbers.ts';
import { eventPaint, INK, type Theme } from '../widgets/palette.ts';
import { hasKind, type Buckets } from './buckets.ts';
import type { EventSeries } from './event-series.ts';

/** Kinds that occurred, in the order of EVENT_ROWS: one lane each. */
export const lanesOf = ({ counts }: EventSeries): number[] =>
  EVENT_ROWS.map((_, kind) => kind).filter((kind) => counts[kind]! > 0);

export interface LaneDrawing {
  readonly lanes: readonly number[];
  readonly counts: Float64Array;
  readonly theme: Theme;
  /** Pixels left of the lanes for their names, and pixels of one lane. */
  readonly gutter: number;
  readonly height: number;
  readonly em: number;
  /** Pixels of one column of the buckets. */
  readonly step: number;
}

/** Draws which kinds of event each column of pixels has. */
export function drawLanes(
  ctx: CanvasRenderingContext2D,
  buckets: Buckets,
  { lanes, counts, theme, gutter, height, em, step }: LaneDrawing,
): void {
  const ink = INK[theme];
  const columns = buckets.x.length;
  ctx.textBaseline = 'middle';
  ctx.font = `${em * 0.88}px sans-serif`;
  lanes.forEach((kind, lane) => {
    const name = EVENT_ROWS[kind]![0];
    const top = lane * height;
    ctx.fillStyle = ink.grid;
    ctx.fillRect(gutter, top + height - 1, columns * step, 1);
    ctx.fillStyle = ink.text;
    ctx.textAlign = 'right';
    ctx.fillText(`${name} ${compact(counts[kind]!)}`, gutter - 8, top + height / 2, gutter - 12);
    ctx.fillStyle = eventPaint(name)[theme];
    for (let n = 0; n < columns;) {
      if (!hasKind(buckets, n, kind)) {
        n++;
        continue;
      }
      // Neighbouring columns are one rectangle.
      const from = n;
      while (n < columns && hasKind(buckets, n, kind)) n++;
      ctx.fillRect(gutter + from * step, top + 2, Math.max(1.5, (n - from) * step), height - 5);
    }
  });
}
