import { eventAt, placesOn, type EventSeries, type TimelineAxis } from './event-series.ts';
import type { Stretch } from './pyramid.ts';
import type { ViewWindow } from './view-window.ts';

/** What a window looks like in so many columns of pixels. */
export interface Buckets {
  /** Middle of each column, on the axis. */
  readonly x: Float64Array;
  /** Cheapest and dearest access that begins in it; null where none does. */
  readonly low: (number | null)[];
  readonly high: (number | null)[];
  /** Kinds of event in it, a bit each: two words a column. */
  readonly kinds: Uint32Array;
}

/** True when an event of a kind is in column `n`. */
export const hasKind = ({ kinds }: Pick<Buckets, 'kinds'>, n: number, kind: number): boolean =>
  (kinds[2 * n + (kind >> 5)]! & (1 << kind)) !== 0;

/** Looks at the window column by column; the work grows with the columns, not with the events. */
export function bucketsOf(series: EventSeries, axis: TimelineAxis, view: ViewWindow, count: number): Buckets {
  const { pyramid } = series;
  const { loaded } = series.columns;
  const places = placesOn(series, axis);
  const x = new Float64Array(count);
  const low: (number | null)[] = [];
  const high: (number | null)[] = [];
  const kinds = new Uint32Array(2 * count);
  const stretch: Stretch = { low: 0, high: 0, kinds: 0, moreKinds: 0 };
  const step = (view.to - view.from) / count;
  let first = eventAt(places, view.from, loaded);
  for (let n = 0; n < count; n++) {
    const last = n === count - 1;
    const end = last
      ? eventAt(places, view.to + Number.EPSILON * Math.abs(view.to) * 4, loaded)
      : eventAt(places, view.from + step * (n + 1), loaded);
    pyramid.look(first, end, stretch);
    x[n] = view.from + step * (n + 0.5);
    low.push(stretch.low === Infinity ? null : stretch.low);
    high.push(stretch.high === -Infinity ? null : stretch.high);
    kinds[2 * n] = stretch.kinds;
    kinds[2 * n + 1] = stretch.moreKinds;
    first = end;
  }
  return { x, low, high, kinds };
}
