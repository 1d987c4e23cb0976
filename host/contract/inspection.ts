import * as v from 'valibot';
import { count } from './result.ts';

/** Tables of a machine's state. Each row has a key that is the same before and after, so that changes can be marked. */
export const STATE_TABLES = [
  /** Control registers and what else decides a translation. */
  'registers',
  /** Entries for the access's address in each TLB. */
  'tlb',
  /** Paging-structure caches and nested TLB: entries that a walk of the address could use. */
  'walk-caches',
  /** The guest's own entries for the linear address, from the root down. */
  'guest-tables',
  /** EPT or NPT entries for the guest-physical address, from the root down. */
  'nested-tables',
  'memslots',
  /** Devices on KVM's buses, in the order they are asked. */
  'buses',
  /** Signals so far. */
  'eventfds',
  /** KVM's own statistics. */
  'stats',
] as const;

export const stateTable = v.object({
  id: v.picklist(STATE_TABLES),
  columns: v.array(v.string()),
  rows: v.array(v.object({ key: v.string(), cells: v.array(v.union([v.string(), v.number()])) })),
  /** Rows left out because there are too many. */
  more: count,
});

/** A machine's state as tables, in the order of STATE_TABLES. */
export const machineState = v.array(stateTable);

export const traceEvent = v.object({
  /** Name in core/events (EVENT_ROWS names its arguments). */
  name: v.string(),
  args: v.array(v.pipe(v.number(), v.integer())),
  /** Steps of the access taken before it, every repeat counted; puts the event between the steps. */
  after: count,
});

export const inspection = v.object({
  /** From 1. */
  access: count,
  /** The access in words. */
  text: v.string(),
  /** Line of the script, 0 unknown. */
  line: count,
  /** Steps in the order taken: name and repeats. */
  steps: v.array(v.tuple([v.string(), count])),
  events: v.array(traceEvent),
  /** What host calls can change, before the first of them since the access before; empty where there was none. */
  earlier: machineState,
  before: machineState,
  after: machineState,
});
