/** Children of a node. */
const FAN = 16;

/**
 * The smallest value, the largest value and the kinds of any stretch of events in a few dozen looks, however long it is: level 0 is the
 * events, each level above has one node for sixteen below. Built from the front while events come in.
 */
export class Pyramid {
  /** Per level above the events: smallest value, largest value, and two words with a bit a kind. */
  private readonly lows: Float64Array[] = [];
  private readonly highs: Float64Array[] = [];
  private readonly kinds: Uint32Array[] = [];
  private readonly values: Float64Array;
  private readonly kind: Uint8Array;
  private built = 0;

  /** `values` and `kind`: one an event; NaN is no value. Read when `extend` is called and later. */
  constructor(values: Float64Array, kind: Uint8Array) {
    this.values = values;
    this.kind = kind;
    for (let size = values.length; size > 1;) {
      size = Math.ceil(size / FAN);
      this.lows.push(new Float64Array(size).fill(Infinity));
      this.highs.push(new Float64Array(size).fill(-Infinity));
      this.kinds.push(new Uint32Array(2 * size));
    }
  }

  /** Takes events up to number `count` (not with it) in; those before stay as they were. */
  extend(count: number): void {
    const { values, kind } = this;
    for (let at = this.built; at < count; at++) {
      const value = values[at]!;
      const bit = 1 << kind[at]!;
      const word = kind[at]! >> 5;
      let node = at;
      for (let level = 0; level < this.lows.length; level++) {
        node = (node / FAN) | 0;
        const [lows, highs, kinds] = [this.lows[level]!, this.highs[level]!, this.kinds[level]!];
        let changed = false;
        if (value < lows[node]!) {
          lows[node] = value;
          changed = true;
        }
        if (value > highs[node]!) {
          highs[node] = value;
          changed = true;
        }
        if ((kinds[2 * node + word]! & bit) === 0) {
          kinds[2 * node + word]! |= bit;
          changed = true;
        }
        // What a node did not change, it does not change in the nodes above.
        if (!changed) break;
      }
    }
    this.built = Math.max(this.built, count);
  }

  /** Looks at the events from `from` to `to` (not with it); the answer is in `out`. */
  look(from: number, to: number, out: Stretch): void {
    out.low = Infinity;
    out.high = -Infinity;
    out.kinds = 0;
    out.moreKinds = 0;
    let [left, right] = [Math.max(0, from), Math.min(this.built, to)];
    let level = -1;
    while (left < right) {
      const whole = level + 1 < this.lows.length;
      while (left < right && (!whole || left % FAN !== 0)) this.take(level, left++, out);
      while (left < right && (!whole || right % FAN !== 0)) this.take(level, --right, out);
      left /= FAN;
      right /= FAN;
      level++;
    }
  }

  private take(level: number, node: number, out: Stretch): void {
    if (level < 0) {
      const value = this.values[node]!;
      if (value < out.low) out.low = value;
      if (value > out.high) out.high = value;
      const kind = this.kind[node]!;
      if (kind < 32) out.kinds |= 1 << kind;
      else out.moreKinds |= 1 << kind;
      return;
    }
    out.low = Math.min(out.low, this.lows[level]![node]!);
    out.high = Math.max(out.high, this.highs[level]![node]!);
    out.kinds |= this.kinds[level]![2 * node]!;
    out.moreKinds |= this.kinds[level]![2 * node + 1]!;
  }
}

export interface Stretch {
  low: number;
  high: number;
  /** Bit k is set when an event of kind k is in it; from kind 32 on, of the other word. */
  kinds: number;
  moreKinds: number;
}
