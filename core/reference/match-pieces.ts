import { PIECE, type Pieces } from './observation.ts';

/** True when what was seen is exactly what was expected. A signal is known by its eventfd alone. */
function same(expected: Pieces, i: number, seen: Pieces, j: number): boolean {
  if (expected.kind[i] !== seen.kind[j]) return false;
  if (expected.kind[i] === PIECE.SIGNAL) return expected.fd[i] === seen.fd[j];
  return (
    expected.hi[i] === seen.hi[j] &&
    expected.lo[i] === seen.lo[j] &&
    expected.size[i] === seen.size[j] &&
    expected.dataHi[i] === seen.dataHi[j] &&
    expected.dataLo[i] === seen.dataLo[j]
  );
}

/** Pairs equal pieces, in order first and then in any order. True when none is left on either side. */
export function matchPieces(expected: Pieces, seen: Pieces): boolean {
  let left = 0;
  let from = 0;
  for (let i = 0; i < expected.length; i++) {
    if (expected.matched[i] === 1) continue;
    let j = from;
    while (j < seen.length && (seen.matched[j] === 1 || !same(expected, i, seen, j))) j++;
    if (j === seen.length) {
      j = 0;
      while (j < from && (seen.matched[j] === 1 || !same(expected, i, seen, j))) j++;
      if (j === from) {
        left++;
        continue;
      }
    }
    expected.matched[i] = 1;
    seen.matched[j] = 1;
    if (j >= from) from = j + 1;
  }
  for (let j = 0; j < seen.length; j++) if (seen.matched[j] === 0) left++;
  return left === 0;
}

/** The first unmatched piece of a kind, at or after `from`; -1 for none. */
export function firstLeft(pieces: Pieces, kind: number, from = 0): number {
  for (let i = from; i < pieces.length; i++) if (pieces.matched[i] === 0 && pieces.kind[i] === kind) return i;
  return -1;
}

/** The first unmatched piece of `kind` that shares a byte with piece `i` of the other list; -1 for none. */
export function overlapping(pieces: Pieces, kind: number, other: Pieces, i: number): number {
  for (let j = 0; j < pieces.length; j++) {
    if (pieces.matched[j] === 1 || pieces.kind[j] !== kind || pieces.hi[j] !== other.hi[i]) continue;
    const a = pieces.lo[j]! >>> 0;
    const b = other.lo[i]! >>> 0;
    if (a < b + other.size[i]! && b < a + pieces.size[j]!) return j;
  }
  return -1;
}
