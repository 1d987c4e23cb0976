import type { Column } from '../base/state.ts';

/** Pages of read-only regions whose reads were swallowed: told from the second time on, and forgotten once a read succeeds. */
export class UnreadablePages {
  private readonly cellOf = new Map<number, number>();
  private times = new Uint8Array(16);

  /** How often, saturating at 2: a column of state. */
  get column(): Column {
    return this.times;
  }

  /** Another read of the page was swallowed. True when it is not the first. */
  swallowed(page: number): boolean {
    let cell = this.cellOf.get(page);
    if (cell === undefined) {
      cell = this.cellOf.size;
      this.cellOf.set(page, cell);
      if (cell === this.times.length) {
        const grown = new Uint8Array(cell * 2);
        grown.set(this.times);
        this.times = grown;
      }
    }
    const again = this.times[cell] !== 0;
    this.times[cell] = again ? 2 : 1;
    return again;
  }

  /** A read of the page succeeded. */
  succeeded(page: number): void {
    if (this.cellOf.size === 0) return;
    const cell = this.cellOf.get(page);
    if (cell !== undefined) this.times[cell] = 0;
  }
}
