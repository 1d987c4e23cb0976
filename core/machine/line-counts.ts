import type { StateSet } from '../base/state.ts';

/** What one line of the script did. */
export interface LineCount {
  /** From 1; 0 where the line is not known. */
  readonly line: number;
  readonly accesses: number;
  readonly exits: number;
}

/** Accesses and VM exits by line of the script. */
export class LineCounts {
  private accesses = new Float64Array(64);
  private exits = new Float64Array(64);

  register(state: StateSet): void {
    state.addCounters(() => [this.accesses, this.exits]);
  }

  access(line: number): void {
    if (line >= this.accesses.length) this.grow(line);
    this.accesses[line]!++;
  }

  /** The line's access was counted before. */
  exit(line: number): void {
    this.exits[line]!++;
  }

  /** Lines with an access, in order. */
  list(): LineCount[] {
    const lines: LineCount[] = [];
    this.accesses.forEach((accesses, line) => {
      if (accesses > 0) lines.push({ line, accesses, exits: this.exits[line]! });
    });
    return lines;
  }

  private grow(line: number): void {
    const size = 2 ** Math.ceil(Math.log2(line + 1));
    const widened = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const fresh = new Float64Array(size);
      fresh.set(column);
      return fresh;
    };
    this.accesses = widened(this.accesses);
    this.exits = widened(this.exits);
  }
}
