/** The generator of the core (core/base/random.ts), so that a seed means the same inside. Self-contained: see prelude.ts. */
export function insideRandom(seed: number): () => number {
  const state = new Int32Array([0x9e3779b9 ^ seed, 0x243f6a88, (seed / 2 ** 32) | 0, 1]);
  const next = (): number => {
    const t = (((state[0]! + state[1]!) | 0) + state[3]!) | 0;
    state[3] = (state[3]! + 1) | 0;
    state[0] = state[1]! ^ (state[1]! >>> 9);
    state[1] = (state[2]! + (state[2]! << 3)) | 0;
    state[2] = (state[2]! << 21) | (state[2]! >>> 11);
    state[2] = (state[2]! + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
