/** A field of a grid; row 0 is the heading. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Rows that Page Up and Page Down go. */
const PAGE = 10;

/** Where a key leads in a grid of so many rows and columns, as the ARIA practices have it; null for a key that is none of the grid's. */
export function afterKey(
  { row, column }: Place,
  key: string,
  control: boolean,
  rows: number,
  columns: number,
): Place | null {
  const clamp = (value: number, most: number): number => Math.max(0, Math.min(most - 1, value));
  const to = (r: number, c: number): Place => ({ row: clamp(r, rows), column: clamp(c, columns) });
  switch (key) {
    case 'ArrowUp':
      return to(row - 1, column);
    case 'ArrowDown':
      return to(row + 1, column);
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'Home':
      return to(control ? 0 : row, 0);
    case 'End':
      return to(control ? rows - 1 : row, columns - 1);
    case 'PageUp':
      return to(row - PAGE, column);
    case 'PageDown':
      return to(row + PAGE, column);
    default:
      return null;
  }
}
