import type { StateSet } from '../base/state.ts';
import { hexWords } from '../base/words.ts';
import { VECTOR } from '../spec/paging.ts';

/** A remark with the script line it belongs to (0 unknown), and how often it was made. */
export interface Note {
  readonly what: string;
  readonly line: number;
  readonly count: number;
}

/**
 * What a user should know beside the figures: guest faults, error numbers of ioctls. Equal notes are counted together; counts are a
 * column, so that a recorded loop multiplies them out.
 */
export class NoteLog {
  private counts = new Float64Array(64);
  private readonly notes: { what: string; line: number }[] = [];
  private readonly byKey = new Map<string, number>();

  register(state: StateSet): void {
    state.addCounters(() => [this.counts]);
  }

  add(what: string, line: number): void {
    const key = `${line}:${what}`;
    let at = this.byKey.get(key);
    if (at === undefined) {
      at = this.notes.push({ what, line }) - 1;
      this.byKey.set(key, at);
      if (at === this.counts.length) {
        const grown = new Float64Array(at * 2);
        grown.set(this.counts);
        this.counts = grown;
      }
    }
    this.counts[at]!++;
  }

  /** A fault the guest took. Faults of one line and code are one note; the first address is shown. */
  fault(vector: number, errorCode: number, hi: number, lo: number, line: number): void {
    const name = vector === VECTOR.PF ? '#PF' : vector === VECTOR.GP ? '#GP' : `exception ${vector}`;
    const key = `${line}:${name}:${errorCode}`;
    const known = this.byKey.get(key);
    if (known !== undefined) {
      this.counts[known]!++;
      return;
    }
    const where = vector === VECTOR.PF ? ` at ${hexWords(hi, lo)}` : '';
    this.add(`guest ${name}${where}, error code 0x${errorCode.toString(16)}`, line);
    this.byKey.set(key, this.notes.length - 1);
  }

  list(): Note[] {
    return this.notes.map((note, i) => ({ ...note, count: this.counts[i]! }));
  }
}
