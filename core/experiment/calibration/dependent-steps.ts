import type { StepName } from '../../cost/steps.ts';
import type { Equation } from './fit.ts';

/** What rows leave open whatever they measured: the null space of their counts. */
export interface DependentSteps {
  /** Steps that every row has in the same proportion: only their sum is known, its split is the prior's. */
  readonly inseparable: readonly (readonly StepName[])[];
  /**
   * Steps beyond those whose counts are combinations of one another's (A = B + C in every row): the rows know some sums across such a group and
   * no single price in it. Steps that are inseparable anyway take part as one, named by the first of them.
   */
  readonly entangled: readonly (readonly StepName[])[];
}

/** Below this part of the largest entry a count is rounding. */
const ROUNDING = 1e-9;

/** Which of these steps the rows cannot tell apart. Steps that are in no row are left out: nothing is said of them at all. */
export function dependentSteps(equations: readonly Equation[], steps: readonly StepName[]): DependentSteps {
  const classes = new Map<string, { readonly column: number[]; readonly members: StepName[] }>();
  for (const step of steps) {
    const counts = equations.map(({ times }) => times.get(step) ?? 0);
    const largest = Math.max(...counts);
    if (!(largest > 0)) continue;
    const column = counts.map((count) => count / largest);
    const key = column.map((count) => count.toPrecision(12)).join(' ');
    const same = classes.get(key);
    if (same === undefined) classes.set(key, { column, members: [step] });
    else same.members.push(step);
  }
  const found = [...classes.values()];
  return {
    inseparable: found.map(({ members }) => members).filter((members) => members.length > 1),
    entangled: dependentColumns(found.map(({ column }) => column)).map((group) =>
      group.map((n) => found[n]!.members[0]!),
    ),
  };
}

/**
 * The columns that take part in a null vector, by number and ascending, in groups: two are in one where some chain of smallest dependencies joins
 * them. Gauss-Jordan elimination with full pivoting: each column without a pivot is a combination of those with one, and every smallest
 * dependency follows from these.
 */
export function dependentColumns(columns: readonly (readonly number[])[]): number[][] {
  const a = columns.map((column) => Float64Array.from(column));
  const rows = columns[0]?.length ?? 0;
  const pivots = new Map<number, number>();
  for (;;) {
    const pivot = largestLeft(a, rows, pivots);
    if (pivot === null) break;
    const [row, at] = pivot;
    const factors = a[at]!.map((entry, i) => (i === row ? 0 : entry / a[at]![row]!));
    const scale = a[at]![row]!;
    for (const column of a) {
      const entry = column[row]!;
      for (let i = 0; i < rows; i++) column[i]! -= factors[i]! * entry;
      column[row] = entry / scale;
    }
    pivots.set(row, at);
  }
  const pivoted = new Set(pivots.values());
  let groups: Set<number>[] = [];
  a.forEach((column, free) => {
    if (pivoted.has(free)) return;
    const joined = new Set([free]);
    for (const [row, at] of pivots) if (Math.abs(column[row]!) > ROUNDING) joined.add(at);
    const touched = groups.filter((group) => [...group].some((n) => joined.has(n)));
    for (const group of touched) for (const n of group) joined.add(n);
    groups = [...groups.filter((group) => !touched.includes(group)), joined];
  });
  return groups.map((group) => [...group].sort((x, y) => x - y)).sort((x, y) => x[0]! - y[0]!);
}

/** Row and column of the largest entry outside the rows and columns that have a pivot; null when the rest is rounding. */
function largestLeft(
  a: readonly Float64Array[],
  rows: number,
  pivots: ReadonlyMap<number, number>,
): [row: number, column: number] | null {
  const taken = new Set(pivots.values());
  let best: [number, number] | null = null;
  let most = ROUNDING;
  a.forEach((column, n) => {
    if (taken.has(n)) return;
    for (let row = 0; row < rows; row++) {
      if (pivots.has(row) || Math.abs(column[row]!) <= most) continue;
      most = Math.abs(column[row]!);
      best = [row, n];
    }
  });
  return best;
}
