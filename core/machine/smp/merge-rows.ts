import type { PathRow } from '../../cost/paths.ts';

/** The paths of several ledgers as those of one: the first ledger's rows keep their order and place, equal paths of others are added to them. */
export function mergeRows(ledgers: readonly (readonly PathRow[])[]): PathRow[] {
  const merged = new Map<string, { steps: PathRow['steps']; count: number }>();
  for (const rows of ledgers) {
    for (const { steps, count } of rows) {
      const key = steps.map(({ step, times }) => `${step}x${times}`).join(' ');
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { steps, count });
      else known.count += count;
    }
  }
  return [...merged.values()];
}
