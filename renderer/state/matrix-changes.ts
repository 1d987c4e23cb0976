import type { Configuration } from '../../core/index.ts';
import type { Axes } from './axes.ts';
import { rowsOf, unique, type Matrix, type MatrixRow } from './matrix.ts';

export const withAxes = (matrix: Matrix, axes: Partial<Axes>): Matrix => ({
  ...matrix,
  axes: { ...matrix.axes, ...axes },
});

/** Switches a row on or off. */
export function withEnabled(matrix: Matrix, id: string, enabled: boolean): Matrix {
  const rest = matrix.disabled.filter((other) => other !== id);
  return { ...matrix, disabled: enabled ? rest : [...rest, id] };
}

/** Switches every row on or off. */
export const withAllEnabled = (matrix: Matrix, rows: readonly MatrixRow[], enabled: boolean): Matrix => ({
  ...matrix,
  disabled: enabled ? [] : rows.map(({ id }) => id),
});

/** Gives a row a name; an empty one gives back its own. */
export function withName(matrix: Matrix, id: string, name: string): Matrix {
  const rest = Object.fromEntries(Object.entries(matrix.names).filter(([other]) => other !== id));
  return { ...matrix, names: name.trim() === '' ? rest : { ...rest, [id]: name.trim() } };
}

/** Adds a copy of a row below the others, under a name of its own, to be changed. */
export function withCopyOf(matrix: Matrix, row: MatrixRow, id: string): Matrix {
  const taken = new Set(rowsOf(matrix).rows.map(({ configuration }) => configuration.name));
  const name = unique(row.configuration.name, taken);
  return { ...matrix, copies: [...matrix.copies, { id, configuration: { ...row.configuration, name } }] };
}

/** Changes fields of a copy. */
export const withCopy = (matrix: Matrix, id: string, change: Partial<Configuration>): Matrix => ({
  ...matrix,
  copies: matrix.copies.map((copy) =>
    copy.id === id ? { ...copy, configuration: { ...copy.configuration, ...change } } : copy,
  ),
});

/** Takes a row out: a copy goes for good, one that the axes make until it is asked back. */
export function withoutRow(matrix: Matrix, row: MatrixRow): Matrix {
  const disabled = matrix.disabled.filter((id) => id !== row.id);
  if (row.copy) return { ...matrix, disabled, copies: matrix.copies.filter(({ id }) => id !== row.id) };
  return { ...matrix, disabled, removed: [...matrix.removed, row.id] };
}

export const withRemovedBack = (matrix: Matrix): Matrix => ({ ...matrix, removed: [] });
