import { bigHi, bigLo } from '../../base/words.ts';
import { heapSort } from './lib-sort.ts';
import type { IoPolicy } from './io-policy.ts';

/** Buses of one VM, numbered as enum kvm_bus (include/linux/kvm_host.h). */
export const BUS = Object.freeze({ MMIO: 0, PIO: 1, CCW: 2, FAST_MMIO: 3 });
export const BUS_COUNT = 4;

/** Words are kept with the sign bit flipped: then a signed comparison of two columns is the unsigned one of the addresses. */
const FLIP = 0x8000_0000 | 0;

/**
 * One kvm_io_bus: an array of ranges in KVM's own order, searched by KVM's own binary search. The comparison is no total order where
 * ranges overlap, so a range that contains the key can be missed; that is KVM's behaviour and kept here
 * (virt/kvm/kvm_main.c: kvm_io_bus_cmp, kvm_io_bus_get_first_dev).
 */
export class IoBus {
  /** [ranges, ranges that are ioeventfds, 1 when the bus pointer is NULL] */
  readonly header = new Int32Array(3);
  /** Device of each range. */
  device = new Int32Array(8);
  /** Length of each range as the kernel's int: a zone of 2 GiB or more is negative. */
  length = new Int32Array(8);
  /** Comparisons made since the caller last set it to 0. */
  compares = 0;
  private startHi = new Int32Array(8);
  private startLo = new Int32Array(8);
  /** First byte after the range, modulo 2^64. */
  private endHi = new Int32Array(8);
  private endLo = new Int32Array(8);
  /** 1 where only the key's start counts (zero-length ranges). */
  private exact = new Int32Array(8);
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
    return [this.header, this.device, this.length, this.startHi, this.startLo, this.endHi, this.endLo, this.exact];
  }

  /** Index of the first range equal to the key [hi:lo, +length), or -1. `length` 0..2^31-1. Allocates nothing. */
  first(hi: number, lo: number, length: number): number {
    const endLo = (lo + length) | 0;
    const carry = endLo >>> 0 < lo >>> 0 ? 1 : 0;
    this.keyHi = hi ^ FLIP;
    this.keyLo = lo ^ FLIP;
    this.keyEndHi = (hi + carry) ^ FLIP;
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
    this.ensure(this.count + 1);
    const at = this.policy.busInsertion === 'append-and-sort' ? this.count : this.placeFor(address, length);
    this.open(at);
    this.store(at, address, length, device);
    this.header[0]!++;
    if (this.policy.busInsertion === 'append-and-sort') {
      heapSort(
        this.count,
        (a, b) => this.compareEntries(a, b),
        (a, b) => this.swap(a, b),
      );
    }
  }

  /** Index of a device's range, or -1. */
  indexOf(device: number): number {
    const at = this.device.indexOf(device);
    return at < this.count ? at : -1;
  }

  removeAt(at: number): void {
    for (const column of this.rangeColumns()) {
      column.copyWithin(at, at + 1, this.count);
      column[this.count - 1] = 0;
    }
    this.header[0]!--;
  }

  /** The bus pointer becomes NULL. */
  destroy(): void {
    for (const column of this.rangeColumns()) column.fill(0);
    this.header[0] = 0;
    this.header[1] = 0;
    this.header[2] = 1;
  }

  /** kvm_io_bus_cmp of the current key against range `at`. */
  private compare(at: number): number {
    this.compares++;
    const startHi = this.startHi[at]!;
    const startLo = this.startLo[at]!;
    if (this.keyHi < startHi || (this.keyHi === startHi && this.keyLo < startLo)) return -1;
    const endHi = this.endHi[at]!;
    if (this.exact[at] !== 0) {
      return this.keyHi > endHi || (this.keyHi === endHi && this.keyLo > this.endLo[at]!) ? 1 : 0;
    }
    return this.keyEndHi > endHi || (this.keyEndHi === endHi && this.keyEndLo > this.endLo[at]!) ? 1 : 0;
  }

  /** Before the first entry that, as a key, compares greater than the newcomer. */
  private placeFor(address: bigint, length: number): number {
    this.store(this.count, address, length, 0);
    let at = 0;
    while (at < this.count && this.compareEntries(at, this.count) <= 0) at++;
    return at;
  }

  private compareEntries(key: number, range: number): number {
    this.keyHi = this.startHi[key]!;
    this.keyLo = this.startLo[key]!;
    this.keyEndHi = this.endHi[key]!;
    this.keyEndLo = this.endLo[key]!;
    return this.compare(range);
  }

  private store(at: number, address: bigint, length: number, device: number): void {
    const end = address + BigInt(length);
    this.startHi[at] = bigHi(address) ^ FLIP;
    this.startLo[at] = bigLo(address) ^ FLIP;
    this.endHi[at] = bigHi(end) ^ FLIP;
    this.endLo[at] = bigLo(end) ^ FLIP;
    this.exact[at] = length === 0 && this.policy.zeroLengthCompare ? 1 : 0;
    this.length[at] = length;
    this.device[at] = device;
  }

  private open(at: number): void {
    for (const column of this.rangeColumns()) column.copyWithin(at + 1, at, this.count);
  }

  private swap(a: number, b: number): void {
    for (const column of this.rangeColumns()) {
      const kept = column[a]!;
      column[a] = column[b]!;
      column[b] = kept;
    }
  }

  private rangeColumns(): Int32Array[] {
    return [this.device, this.length, this.startHi, this.startLo, this.endHi, this.endLo, this.exact];
  }

  private ensure(size: number): void {
    if (size < this.device.length) return;
    const grow = (column: Int32Array) => {
      const grown = new Int32Array(this.device.length * 2);
      grown.set(column);
      return grown;
    };
    const [device, length, startHi, startLo, endHi, endLo, exact] = this.rangeColumns().map(grow);
    this.device = device!;
    this.length = length!;
    this.startHi = startHi!;
    this.startLo = startLo!;
    this.endHi = endHi!;
    this.endLo = endLo!;
    this.exact = exact!;
  }
}
