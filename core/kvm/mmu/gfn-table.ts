const KINDS = 8;
const EMPTY = -1;

/**
 * A number for each guest frame and kind, 0 until it is set: what the kernel keeps in arrays of a memslot. Open addressing; keys stay once
 * they were seen, so that a frame that comes and goes takes no new place.
 */
export class GfnTable {
  private keys = new Float64Array(256).fill(EMPTY);
  private numbers = new Int32Array(256);
  private used = 0;

  get(gfn: number, kind: number): number {
    const at = this.find(gfn * KINDS + kind);
    return this.keys[at] === EMPTY ? 0 : this.numbers[at]!;
  }

  set(gfn: number, kind: number, value: number): void {
    const key = gfn * KINDS + kind;
    let at = this.find(key);
    if (this.keys[at] === EMPTY) {
      if (value === 0) return;
      if (this.used * 2 >= this.keys.length) {
        this.grow();
        at = this.find(key);
      }
      this.keys[at] = key;
      this.used++;
    }
    this.numbers[at] = value;
  }

  private find(key: number): number {
    const mask = this.keys.length - 1;
    let at = (Math.imul(key | 0, 0x9e37_79b1) ^ Math.imul((key / 0x1_0000_0000) | 0, 0x85eb_ca6b)) >>> 7;
    for (at &= mask; ; at = (at + 1) & mask) {
      const found = this.keys[at];
      if (found === key || found === EMPTY) return at;
    }
  }

  private grow(): void {
    const { keys, numbers } = this;
    this.keys = new Float64Array(keys.length * 2).fill(EMPTY);
    this.numbers = new Int32Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === EMPTY) continue;
      const at = this.find(keys[i]!);
      this.keys[at] = keys[i]!;
      this.numbers[at] = numbers[i]!;
    }
  }
}
