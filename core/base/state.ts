/**
 * The machine's state as a list of typed arrays. Two kinds:
 * - *state*: what decides how the next access is served (TLBs, registers, bus arrays, generations). A recorded loop has
 *   reached its fixed point when an iteration leaves every one of these as it found them.
 * - *counters*: what only grows and decides nothing (statistics, path counts, eventfd counts). They are multiplied out.
 * Arrays may be replaced when they grow, so a component registers a function that names its current arrays.
 */
export type Column = Int32Array | Uint32Array | Uint8Array | Float64Array;

interface Snapshot {
  readonly state: readonly Column[];
  readonly counters: readonly Column[];
}

export class StateSet {
  private readonly stateOf: (() => readonly Column[])[] = [];
  private readonly countersOf: (() => readonly Column[])[] = [];

  addState(columns: () => readonly Column[]): void {
    this.stateOf.push(columns);
  }

  addCounters(columns: () => readonly Column[]): void {
    this.countersOf.push(columns);
  }

  snapshot(): Snapshot {
    return { state: copyAll(this.stateOf), counters: copyAll(this.countersOf) };
  }

  /** The counters alone, for `repeatGrowth` where the state is known to stay. */
  counters(): Snapshot {
    return { state: [], counters: copyAll(this.countersOf) };
  }

  /** True when every counter has grown by as much since `second` as from `first` to `second`. */
  sameGrowth(first: Snapshot, second: Snapshot): boolean {
    const now = this.countersOf.flatMap((columns) => columns());
    return now.every((column, i) => {
      const [a, b] = [first.counters[i], second.counters[i]];
      if (a?.length !== column.length || b?.length !== column.length) return false;
      return column.every((value: number, k: number) => value - b[k]! === b[k]! - a[k]!);
    });
  }

  /** True when every state column equals the snapshot's. Counters are not looked at. */
  sameState(then: Snapshot): boolean {
    const now = this.stateOf.flatMap((columns) => columns());
    if (now.length !== then.state.length) return false;
    return now.every((column, i) => sameColumn(column, then.state[i]!));
  }

  /** True when every counter stays an exact integer (up to 2^53 - 1) after `times` more of its growth since the snapshot. */
  staysExact(then: Snapshot, times: number): boolean {
    const now = this.countersOf.flatMap((columns) => columns());
    return now.every((column, i) => {
      const old = then.counters[i];
      return column.every((value: number, k: number) => {
        const grown = value - (old !== undefined && k < old.length ? old[k]! : 0);
        return grown === 0 || value + grown * times <= Number.MAX_SAFE_INTEGER;
      });
    });
  }

  /** Adds `times` times the growth of every counter since the snapshot. Counters may have grown in length: new cells start at 0. */
  repeatGrowth(then: Snapshot, times: number): void {
    const now = this.countersOf.flatMap((columns) => columns());
    now.forEach((column, i) => {
      const old = then.counters[i];
      for (let k = 0; k < column.length; k++) {
        const before = old !== undefined && k < old.length ? old[k]! : 0;
        const grown = column[k]! - before;
        if (grown !== 0) column[k] = column[k]! + grown * times;
      }
    });
  }
}

const copyAll = (sources: (() => readonly Column[])[]): Column[] =>
  sources.flatMap((columns) => columns().map((column) => column.slice()));

function sameColumn(a: Column, b: Column): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
