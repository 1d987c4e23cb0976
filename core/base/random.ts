/**
 * Seeded random numbers (the sfc32 generator). The state is a column, so that a machine which draws numbers is seen to
 * change and so that a run can be saved and resumed.
 */
export class Random {
  readonly state = new Int32Array(4);

  constructor(seed: number) {
    this.state[0] = 0x9e3779b9 ^ seed;
    this.state[1] = 0x243f6a88;
    this.state[2] = (seed / 0x1_0000_0000) | 0;
    this.state[3] = 1;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next 32 random bits, unsigned. */
  next(): number {
    const s = this.state;
    const t = (((s[0]! + s[1]!) | 0) + s[3]!) | 0;
    s[3] = (s[3]! + 1) | 0;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = (s[2]! + (s[2]! << 3)) | 0;
    s[2] = (s[2]! << 21) | (s[2]! >>> 11);
    s[2] = (s[2]! + t) | 0;
    return t >>> 0;
  }

  /** An integer in [0, bound), bound up to 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }
}
