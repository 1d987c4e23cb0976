import { EVENT_ROWS, eventText, STEPS, type Cited, type CpuModel, type Kind, type Stage } from '../../core/index.ts';
import type { Inspection } from '../../host/contract/lab.ts';

/** One step of an access with its price, in the order taken. */
export interface StepMoment {
  readonly kind: 'step';
  readonly name: string;
  readonly what: string;
  readonly stage: Stage | null;
  readonly times: number;
  readonly price: Cited | null;
  /** Cycles of the step, every repeat counted. */
  readonly cycles: number;
  /** Cycles of the access up to and with it. */
  readonly sum: number;
}

/** Something that happened between two steps, e.g. an entry read and from which cache. */
export interface EventMoment {
  readonly kind: 'event';
  readonly name: string;
  readonly text: string;
  readonly sum: number;
}

export type Moment = StepMoment | EventMoment;

const ROW = new Map<string, (typeof STEPS)[number]>(STEPS.map((row) => [row.name, row]));
const EVENT_KIND = new Map<string, number>(EVENT_ROWS.map(([name], kind) => [name, kind]));

/**
 * The steps and events of an access in one row, each event after the steps that came before it. A repeated step is cut where an event
 * falls between its repeats.
 */
export function momentsOf(
  { steps, events }: Pick<Inspection, 'steps' | 'events'>,
  model: Pick<CpuModel, 'prices' | 'vendor'>,
): Moment[] {
  const moments: Moment[] = [];
  let taken = 0;
  let sum = 0;
  let next = 0;
  const flush = (): void => {
    for (; next < events.length && events[next]!.after <= taken; next++) {
      const { name, args } = events[next]!;
      const kind = EVENT_KIND.get(name) ?? -1;
      moments.push({ kind: 'event', name, text: eventText({ kind, name, args }, model.vendor), sum });
    }
  };
  flush();
  for (const [name, times] of steps) {
    const row = ROW.get(name);
    const price = row === undefined ? null : model.prices[row.name];
    for (let left = times; left > 0;) {
      const until = events[next]?.after ?? Infinity;
      const part = Math.min(left, until - taken);
      const cycles = (price?.value ?? 0) * part;
      sum += cycles;
      taken += part;
      left -= part;
      moments.push({
        kind: 'step',
        name,
        what: row?.what ?? '',
        stage: row?.stage ?? null,
        times: part,
        price,
        cycles,
        sum,
      });
      flush();
    }
  }
  // Events of steps that the trace does not have stand at the end rather than nowhere.
  taken = Infinity;
  flush();
  return moments;
}

/** Cycles of the whole access with bounds. */
export function accessCycles(moments: readonly Moment[]): { value: number; low: number; high: number } {
  const total = { value: 0, low: 0, high: 0 };
  for (const moment of moments) {
    if (moment.kind === 'event' || moment.price === null) continue;
    total.value += moment.price.value * moment.times;
    total.low += moment.price.low * moment.times;
    total.high += moment.price.high * moment.times;
  }
  return total;
}

/** Parts of the access's cycles whose prices were read, derived or estimated. */
export function accessKinds(moments: readonly Moment[]): Record<Kind, number> {
  const sums = { read: 0, derived: 0, estimated: 0 };
  const { value } = accessCycles(moments);
  for (const moment of moments) {
    if (moment.kind === 'step' && moment.price !== null && value > 0) sums[moment.price.kind] += moment.cycles / value;
  }
  return sums;
}
