import type { StateSet } from '../base/state.ts';
import type { Divergence, DivergenceKind } from './divergence.ts';

interface Group {
  readonly kind: DivergenceKind;
  readonly text: string;
  readonly access: string;
  readonly line: number;
}

/**
 * Divergences of a run, equal ones counted together. Counts are a column of counters, so that a recorded loop multiplies them out; the text is
 * made for the first of a group only.
 */
export class DivergenceLog {
  private counts = new Float64Array(16);
  private readonly groups: Group[] = [];
  private readonly byKey = new Map<number, number>();

  register(state: StateSet): void {
    state.addCounters(() => [this.counts]);
  }

  /** Counts one divergence under its key; `make` is called when the key is new. */
  add(key: number, make: () => Group): void {
    let group = this.byKey.get(key);
    if (group === undefined) {
      group = this.groups.push(make()) - 1;
      this.byKey.set(key, group);
      if (group === this.counts.length) {
        const grown = new Float64Array(group * 2);
        grown.set(this.counts);
        this.counts = grown;
      }
    }
    this.counts[group] = this.counts[group]! + 1;
  }

  /** The groups with their counts, in the order of their first occurrence. */
  list(): Divergence[] {
    return this.groups.map((group, i) => ({ ...group, count: this.counts[i]! }));
  }
}
