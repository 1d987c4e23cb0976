/** One table of a machine's state, as plain data for a reader. */
export interface StateTable {
  readonly id:
    | 'registers'
    | 'tlb'
    | 'walk-caches'
    | 'guest-tables'
    | 'nested-tables'
    | 'memslots'
    | 'buses'
    | 'eventfds'
    | 'stats';
  readonly columns: readonly string[];
  readonly rows: readonly StateRow[];
  /** Rows left out because there are too many. */
  readonly more: number;
}

export interface StateRow {
  /** The same for the same thing before and after, so that a change can be seen. */
  readonly key: string;
  readonly cells: readonly (string | number)[];
}

export type MachineState = readonly StateTable[];

/** Rows a table holds at most. */
const MOST = 500;

/** A table with its first rows. */
export const stateTable = (
  id: StateTable['id'],
  columns: readonly string[],
  rows: readonly StateRow[],
): StateTable => ({
  id,
  columns,
  rows: rows.slice(0, MOST),
  more: Math.max(0, rows.length - MOST),
});
