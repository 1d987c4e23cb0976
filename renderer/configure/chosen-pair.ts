import { configurationKey } from '../state/configuration-key.ts';
import type { Pair } from '../state/matrices.ts';
import type { MatrixRow } from '../state/matrix.ts';

/** Two rows that are compared. */
export interface RowPair {
  readonly a: MatrixRow | null;
  readonly b: MatrixRow | null;
}

/** The rows of the chosen pair; where the user has not chosen, the first two that are enabled. */
export function chosenPair(rows: readonly MatrixRow[], pair: Pair): RowPair {
  const keyed = (key: string | null): MatrixRow | undefined =>
    key === null ? undefined : rows.find(({ configuration }) => configurationKey(configuration) === key);
  const enabled = rows.filter((row) => row.enabled);
  const chosenB = keyed(pair.b);
  const a = keyed(pair.a) ?? enabled.find((row) => row !== chosenB) ?? null;
  const b = chosenB ?? enabled.find((row) => row !== a) ?? null;
  return { a, b };
}
