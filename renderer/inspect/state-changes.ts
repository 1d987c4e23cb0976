import type { Inspection, StateTable } from '../../host/contract/lab.ts';

type Field = string | number;

/** A row of the machine's state around an access. */
export interface ChangedRow {
  readonly key: string;
  readonly change: 'added' | 'removed' | 'changed' | null;
  /** Fields afterwards; of a removed row, before. */
  readonly cells: readonly Field[];
  /** Fields before where they were others; null for those that stayed. */
  readonly before: readonly (Field | null)[];
}

export interface ChangedTable {
  readonly id: StateTable['id'];
  readonly columns: readonly string[];
  readonly rows: readonly ChangedRow[];
  readonly changes: number;
  /** Rows that were left out of the tables. */
  readonly more: number;
}

/** Puts the machine before and after an access side by side: rows by key, in the order of the later table, removed ones where they were. */
export function stateChanges({ before, after }: Pick<Inspection, 'before' | 'after'>): ChangedTable[] {
  return after.map((table) => {
    const old = before.find(({ id }) => id === table.id);
    const rows = mergeRows(old?.rows ?? [], table.rows);
    const changes = rows.filter(({ change }) => change !== null).length;
    return { id: table.id, columns: table.columns, rows, changes, more: Math.max(table.more, old?.more ?? 0) };
  });
}

/** The tables in which host calls between two accesses changed something, put side by side. */
export const hostChanges = ({ earlier, before }: Pick<Inspection, 'earlier' | 'before'>): ChangedTable[] =>
  stateChanges({ before: earlier, after: before.filter(({ id }) => earlier.some((table) => table.id === id)) }).filter(
    ({ changes }) => changes > 0,
  );

type StateRow = StateTable['rows'][number];

function mergeRows(before: readonly StateRow[], after: readonly StateRow[]): ChangedRow[] {
  const old = new Map(before.map((row) => [row.key, row.cells]));
  const kept = new Set(after.map(({ key }) => key));
  const rows: ChangedRow[] = after.map(({ key, cells }) => {
    const was = old.get(key);
    if (was === undefined) return { key, change: 'added', cells, before: cells.map(() => null) };
    const changes = cells.map((field, n) => (was[n] === field ? null : (was[n] ?? '')));
    return { key, change: changes.some((field) => field !== null) ? 'changed' : null, cells, before: changes };
  });
  // A removed row goes behind the row that stood before it.
  let at = 0;
  for (const { key, cells } of before) {
    if (kept.has(key)) at = rows.findIndex((row) => row.key === key) + 1;
    else rows.splice(at++, 0, { key, change: 'removed', cells, before: cells.map(() => null) });
  }
  return rows;
}
