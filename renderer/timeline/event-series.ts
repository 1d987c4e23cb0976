import { EVENT_ROWS } from '../../core/index.ts';
import type { EventColumns } from './event-columns.ts';
import { Pyramid } from './pyramid.ts';
import type { Places } from './rising-column.ts';

const ACCESS = EVENT_ROWS.findIndex(([name]) => name === 'access');

/** Events with what the drawing needs: the cost of the access each one belongs to, and a pyramid over both. */
export interface EventSeries {
  readonly columns: EventColumns;
  /**
   * Cycles of the access that begins with this event; NaN at every other event. Where a loop was multiplied out there are no events of
   * its accesses: the one before them has their mean.
   */
  readonly cost: Float64Array;
  readonly pyramid: Pyramid;
  /** Events of each kind so far. */
  readonly counts: Float64Array;
}

export function newSeries(columns: EventColumns): EventSeries {
  const cost = new Float64Array(columns.total).fill(Number.NaN);
  return { columns, cost, pyramid: new Pyramid(cost, columns.kind), counts: new Float64Array(EVENT_ROWS.length) };
}

/** Takes in what was read since the last call, up to the access that is still open; all of it when everything is read. */
export function extendSeries({ columns, cost, pyramid, counts }: EventSeries, from: number): number {
  const { kind, cycles, access, loaded, total } = columns;
  let open = -1;
  for (let at = from; at < loaded; at++) {
    if (kind[at] !== ACCESS) continue;
    if (open >= 0) cost[open] = (cycles.at(at) - cycles.at(open)) / Math.max(1, access.at(at) - access.at(open));
    open = at;
  }
  const done = loaded === total || open < 0 ? loaded : open;
  if (loaded === total && open >= 0) cost[open] = cycles.at(total - 1) - cycles.at(open);
  for (let at = from; at < done; at++) counts[kind[at]!]!++;
  pyramid.extend(done);
  return done;
}

/** What the timeline's x axis is: events at equal distances, or the simulated clock. */
export type TimelineAxis = 'events' | 'clock';

/** The number of each event from 0: the other axis beside the clock. */
const ORDER: Places = { at: (event) => event };

/** Places of the events on an axis; they never fall. */
export const placesOn = ({ columns }: EventSeries, axis: TimelineAxis): Places =>
  axis === 'clock' ? columns.cycles : ORDER;

/** The first event at or after a place of an axis, among the first `count`. */
export function eventAt(places: Places, moment: number, count: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places.at(middle) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
