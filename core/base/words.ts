/**
 * 64-bit quantities as two 32-bit words. Hot code keeps the words in int variables; an unsigned reading is `w >>> 0`.
 * BigInt is for slow paths only: ioctl arguments, set-up, formatting.
 */
const WORD = 0x1_0000_0000;

/** The 64-bit value of two words. */
export const wordsToBig = (hi: number, lo: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** High word (unsigned) of a 64-bit value; the value is taken modulo 2^64. */
export const bigHi = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn);

/** Low word (unsigned) of a 64-bit value. */
export const bigLo = (value: bigint): number => Number(value & 0xffff_ffffn);

/** High word of a non-negative integer below 2^53. */
export const numHi = (value: number): number => Math.floor(value / WORD) >>> 0;

/** Low word of a non-negative integer below 2^53. */
export const numLo = (value: number): number => (value % WORD) >>> 0;

/** The value of two words as a double: exact below 2^53. */
export const wordsToNum = (hi: number, lo: number): number => (hi >>> 0) * WORD + (lo >>> 0);

/** High word of a 64-bit value plus `more` (0 to 2^32 - 1), modulo 2^64; the low word is `(lo + more) | 0`. */
export const addHi = (hi: number, lo: number, more: number): number =>
  (hi + ((lo >>> 0) + more > 0xffff_ffff ? 1 : 0)) | 0;

/** `0x` and lower-case hexadecimal digits, no padding. */
export const hexWords = (hi: number, lo: number): string => '0x' + wordsToBig(hi, lo).toString(16);

/** Page frame number of a physical address below 2^52; exact as a double. */
export const wordsToPage = (hi: number, lo: number): number => ((hi >>> 0) & 0xfffff) * 0x100000 + (lo >>> 12);
