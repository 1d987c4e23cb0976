import type { PathTable } from '../cost/paths.ts';

/** The part of a run that a script gave a name: how many of its accesses took each path, in the order of `PathTable.rows()`. */
export interface Phase {
  readonly name: string;
  readonly counts: readonly number[];
}

interface Open {
  readonly name: string;
  /** Accesses by node of the path table. */
  readonly taken: Map<number, number>;
}

/** Splits a run's path counts by phase. A name that comes back goes on with its phase; what precedes the first belongs to none. */
export class PhaseLog {
  private readonly paths: PathTable;
  private readonly phases: Open[] = [];
  private current: Open | null = null;
  private before: Float64Array;

  constructor(paths: PathTable) {
    this.paths = paths;
    this.before = paths.counts();
  }

  /** From here on accesses belong to the phase of this name. Call between accesses, with every batched hit in the path table. */
  enter(name: string): void {
    this.close();
    let next = this.phases.find((phase) => phase.name === name);
    if (next === undefined) {
      next = { name, taken: new Map() };
      this.phases.push(next);
    }
    this.current = next;
  }

  /** Phases in the order of their first appearance. */
  list(): Phase[] {
    this.close();
    const nodes = this.paths.takenSince(new Float64Array(0));
    return this.phases.map(({ name, taken }) => ({ name, counts: nodes.map((node) => taken.get(node) ?? 0) }));
  }

  /** Gives what was counted since the last call to the phase under way. */
  private close(): void {
    const { paths, before, current } = this;
    const now = paths.counts();
    if (current !== null) {
      for (const node of paths.takenSince(before)) {
        current.taken.set(node, (current.taken.get(node) ?? 0) + now[node]! - (before[node] ?? 0));
      }
    }
    this.before = now;
  }
}
