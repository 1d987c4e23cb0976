/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The word of the list that the given one was probably meant to be, or null when none is near. */
export function closest(word: string, list: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of list) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

/** `unknown design 'fsat'. Did you mean 'fast'? Known: fast, slow.` */
export function unknownName(what: string, word: string, list: readonly string[]): string {
  const near = closest(word, list);
  const hint = near === null ? '' : ` Did you mean '${near}'?`;
  return `unknown ${what} '${word}'.${hint} Known: ${list.join(', ')}.`;
}
