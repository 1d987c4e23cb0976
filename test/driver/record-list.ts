import { OP } from '../../core/guest/instruction.ts';
import { RECORD, recordHeader } from '../../core/guest/records.ts';

/** A 64-bit quantity: a number where a double holds it exactly, else a bigint (signed or unsigned reading). */
export type Word = number | bigint;

const NARROW = 2n ** 53n;

/** The signed reading of 64 bits. */
const signed = (word: Word): bigint => BigInt.asIntN(64, BigInt(word));
const fits = (value: bigint): boolean => value <= NARROW && value >= -NARROW;

/** Writes access records, narrow where every argument is exact as a double, WIDE where not. */
export class RecordList {
  /** Script line of the records that follow. */
  line = 0;
  private values: number[] = [];

  get length(): number {
    return this.values.length;
  }

  take(): Float64Array {
    return Float64Array.from(this.values);
  }

  clear(): void {
    this.values = [];
  }

  /** One instruction with its arguments in the order of core/guest/records.ts. */
  insn(op: number, size: number, ...args: readonly Word[]): void {
    const words = args.map(signed);
    if (words.every(fits) && size <= 8) {
      this.values.push(recordHeader(op, size, words.length, this.line), ...words.map(Number));
      return;
    }
    const wide = size === 16 && op === OP.WRITE ? [words[0]!, words[1]!, words[2] ?? 0n] : words;
    this.values.push(recordHeader(RECORD.WIDE + op, size, wide.length * 2, this.line));
    for (const word of wide) this.values.push(Number(word >> 32n), Number(BigInt.asIntN(32, word)));
  }

  /** A record that is no instruction. */
  other(code: number, size: number, ...args: readonly number[]): void {
    this.values.push(recordHeader(code, size, args.length, this.line), ...args);
  }

  /** A recorded loop around what `body` writes. */
  loop(iterations: number, body: () => void): void {
    const outer = this.values;
    this.values = [];
    body();
    const inner = this.values;
    this.values = outer;
    this.values.push(recordHeader(RECORD.LOOP, 0, 2, this.line), iterations, inner.length);
    for (const value of inner) this.values.push(value);
  }
}
