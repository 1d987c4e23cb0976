/** Index (0..511) into the table of `level` for a page number of 12 + 32 bits: level 1 is the last one. */
export function tableIndex(level: number, hi: number, lo: number): number {
  if (level <= 3) return (lo >>> ((level - 1) * 9)) & 511;
  return level === 4 ? ((lo >>> 27) | (hi << 5)) & 511 : (hi >>> 4) & 511;
}
