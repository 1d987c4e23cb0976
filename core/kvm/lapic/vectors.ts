/** 256 bits, one a vector, as the registers IRR and ISR are: eight words of a column that others may share. */
export const VECTOR_WORDS = 8;

/** Sets the bit of a vector; true when it was clear. */
export function setVector(words: Int32Array, at: number, vector: number): boolean {
  const word = at + (vector >> 5);
  const bit = 1 << (vector & 31);
  const fresh = (words[word]! & bit) === 0;
  words[word] = words[word]! | bit;
  return fresh;
}

export function clearVector(words: Int32Array, at: number, vector: number): void {
  const word = at + (vector >> 5);
  words[word] = words[word]! & ~(1 << (vector & 31));
}

/** The highest vector whose bit is set, or -1 (find_highest_vector). */
export function highestVector(words: Int32Array, at: number): number {
  for (let word = VECTOR_WORDS - 1; word >= 0; word--) {
    const bits = words[at + word]!;
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
  }
  return -1;
}
