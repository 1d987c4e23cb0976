import { bigHi, bigLo } from '../../base/words.ts';
import { heapSort } from './lib-sort.ts';
import type { IoPolicy } from './io-policy.ts';

/** Buses of one VM, numbered as enum kvm_bus (include/linux/kvm_host.h). */
export const BUS = Object.freeze({ MMIO: 0, PIO: 1, CCW: 2, FAST_MMIO: 3 });
export const BUS_COUNT = 4;

/** Words are kept with the sign bit flipped: then a signed comparison of two words is the unsigned one of the addresses. */
const FLIP = 0x8000_0000 | 0;

/** Words of one range. END is the first byte after it, modulo 2^64; EXACT is 1 where only the key's start counts (length 0). */
const ROW = 8;
const START_HI = 0;
const START_LO = 1;
const END_HI = 2;
const END_LO = 3;
const EXACT = 4;
const LENGTH = 5;
const DEVICE = 6;

/**
 * One kvm_io_bus: an array of ranges in KVM's own order, searched by KVM's own binary search. The comparison is no total order where
 * ranges overlap, so a range that contains the key can be missed; that is KVM's behaviour and kept here
 * (virt/kvm/kvm_main.c: kvm_io_bus_cmp, kvm_io_bus_get_first_dev).
 */
export class IoBus {
  /** [ranges, ranges that are ioeventfds, 1 when the bus pointer is NULL] */
  readonly header = new Int32Array(3);
  /** Comparisons made since the caller last set it to 0. */
  compares = 0;
  private rows = new Int32Array(8 * ROW);
  private keyHi = 0;
  private keyLo = 0;
  private keyEndHi = 0;
  private keyEndLo = 0;
  private readonly policy: IoPolicy;

  constructor(policy: IoPolicy) {
    this.policy = policy;
  }

  get count(): number {
    return this.header[0]!;
  }

  get ioeventfdCount(): number {
    return this.header[1]!;
  }

  /** True once an unregistration ran out of memory: the bus pointer is NULL for good. */
  get gone(): boolean {
    return this.header[2] !== 0;
  }

  columns(): Int32Array[] {
    return [this.header, this.rows];
  }

  /** Device of the range at an index. */
  deviceAt(at: number): number {
    return this.rows[at * ROW + DEVICE]!;
  }

  /** Length of the range at an index, as the kernel's int: a zone of 2 GiB or more is negative. */
  lengthAt(at: number): number {
    return this.rows[at * ROW + LENGTH]!;
  }

  /** Index of the first range equal to the key [hi:lo, +length), or -1. `length` 0..2^31-1. Allocates nothing. */
  first(hi: number, lo: number, length: number): number {
    const endLo = (lo + length) | 0;
    this.keyHi = hi ^ FLIP;
    this.keyLo = lo ^ FLIP;
    this.keyEndHi = endLo >>> 0 < lo >>> 0 ? (hi + 1) ^ FLIP : hi ^ FLIP;
    this.keyEndLo = endLo ^ FLIP;
    let base = 0;
    let window = this.header[0]!;
    while (window > 0) {
      const pivot = base + (window >> 1);
      const order = this.compare(pivot);
      if (order === 0) {
        let at = pivot;
        while (at > 0 && this.compare(at - 1) === 0) at--;
        return at;
      }
      if (order > 0) {
        base = pivot + 1;
        window--;
      }
      window >>= 1;
    }
    return -1;
  }

  /** True when range `at` exists and equals the key of the last `first`. */
  stillEqual(at: number): boolean {
    return at < this.header[0]! && this.compare(at) === 0;
  }

  /** Copies a range in. `length` is the kernel's int. The caller has checked the limit. */
  insert(address: bigint, length: number, device: number): void {
    const count = this.count;
    this.ensure(count + 2);
    const sorts = this.policy.busInsertion === 'append-and-sort';
    const at = sorts ? count : this.placeFor(address, length);
    this.rows.copyWithin((at + 1) * ROW, at * ROW, count * ROW);
    this.store(at, address, length, device);
    this.header[0] = count + 1;
    if (sorts) {
      heapSort(
        count + 1,
        (a, b) => this.compareRows(a, b),
        (a, b) => this.swap(a, b),
      );
    }
  }

  /** Index of a device's range, or -1. */
  indexOf(device: number): number {
    for (let at = 0; at < this.count; at++) if (this.deviceAt(at) === device) return at;
    return -1;
  }

  removeAt(at: number): void {
    const count = this.count;
    this.rows.copyWithin(at * ROW, (at + 1) * ROW, count * ROW);
    this.rows.fill(0, (count - 1) * ROW, count * ROW);
    this.header[0] = count - 1;
  }

  /** The bus pointer becomes NULL. */
  destroy(): void {
    this.rows.fill(0);
    this.header[0] = 0;
    this.header[1] = 0;
    this.header[2] = 1;
  }

  /** kvm_io_bus_cmp of the current key against range `at`. */
  private compare(at: number): number {
    this.compares++;
    const rows = this.rows;
    const row = at * ROW;
    const startHi = rows[row + START_HI]!;
    const keyHi = this.keyHi;
    const keyLo = this.keyLo;
    if (keyHi < startHi || (keyHi === startHi && keyLo < rows[row + START_LO]!)) return -1;
    const endHi = rows[row + END_HI]!;
    const endLo = rows[row + END_LO]!;
    if (rows[row + EXACT] !== 0) return keyHi > endHi || (keyHi === endHi && keyLo > endLo) ? 1 : 0;
    const keyEndHi = this.keyEndHi;
    return keyEndHi > endHi || (keyEndHi === endHi && this.keyEndLo > endLo) ? 1 : 0;
  }

  /** Before the first entry that, as a key, compares greater than the newcomer. */
  private placeFor(address: bigint, length: number): number {
    const count = this.count;
    this.store(count, address, length, 0);
    let at = 0;
    while (at < count && this.compareRows(at, count) <= 0) at++;
    return at;
  }

  private compareRows(key: number, range: number): number {
    const row = key * ROW;
    this.keyHi = this.rows[row + START_HI]!;
    this.keyLo = this.rows[row + START_LO]!;
    this.keyEndHi = this.rows[row + END_HI]!;
    this.keyEndLo = this.rows[row + END_LO]!;
    return this.compare(range);
  }

  private store(at: number, address: bigint, length: number, device: number): void {
    const end = address + BigInt(length);
    const row = at * ROW;
    this.rows[row + START_HI] = bigHi(address) ^ FLIP;
    this.rows[row + START_LO] = bigLo(address) ^ FLIP;
    this.rows[row + END_HI] = bigHi(end) ^ FLIP;
    this.rows[row + END_LO] = bigLo(end) ^ FLIP;
    this.rows[row + EXACT] = length === 0 && this.policy.zeroLengthCompare ? 1 : 0;
    this.rows[row + LENGTH] = length;
    this.rows[row + DEVICE] = device;
  }

  private swap(a: number, b: number): void {
    const kept = this.rows.slice(a * ROW, (a + 1) * ROW);
    this.rows.copyWithin(a * ROW, b * ROW, (b + 1) * ROW);
    this.rows.set(kept, b * ROW);
  }

  private ensure(size: number): void {
    if (size * ROW <= this.rows.length) return;
    const grown = new Int32Array(this.rows.length * 2);
    grown.set(this.rows);
    this.rows = grown;
  }
}
