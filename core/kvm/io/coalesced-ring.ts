import type { StateSet } from '../../base/state.ts';

/** Entries of struct kvm_coalesced_mmio_ring: (PAGE_SIZE - 8) / 24 (include/uapi/linux/kvm.h); one always stays free. */
export const RING_ENTRIES = 170;

/** The ring page shared with userspace: first and last are userspace's to read and, last included, to overwrite. */
export class CoalescedRing {
  /** [first, last] */
  readonly index = new Uint32Array(2);
  readonly addressHi = new Int32Array(RING_ENTRIES);
  readonly addressLo = new Int32Array(RING_ENTRIES);
  readonly length = new Int32Array(RING_ENTRIES);
  readonly dataHi = new Int32Array(RING_ENTRIES);
  readonly dataLo = new Int32Array(RING_ENTRIES);
  readonly pio = new Int32Array(RING_ENTRIES);

  register(state: StateSet): void {
    state.addState(() => [this.index, this.addressHi, this.addressLo, this.length, this.dataHi, this.dataLo, this.pio]);
  }

  /** coalesced_mmio_write after the range test: stores an entry; false when the ring is full or `last` is nonsense. */
  push(hi: number, lo: number, length: number, dataHi: number, dataLo: number, pio: number): boolean {
    const at = this.index[1]!;
    if (at >= RING_ENTRIES) return false;
    const next = (at + 1) % RING_ENTRIES;
    if (next === this.index[0]) return false;
    this.addressHi[at] = hi;
    this.addressLo[at] = lo;
    this.length[at] = length;
    this.dataHi[at] = dataHi;
    this.dataLo[at] = dataLo;
    this.pio[at] = pio;
    this.index[1] = next;
    return true;
  }

  /** Entries that wait for userspace. */
  get pending(): number {
    return (this.index[1]! + RING_ENTRIES - this.index[0]!) % RING_ENTRIES;
  }

  /** Userspace moves `first` on by `entries`, at most to `last`; returns how many it took. */
  consume(entries: number): number {
    const taken = Math.min(entries, this.pending);
    this.index[0] = (this.index[0]! + taken) % RING_ENTRIES;
    return taken;
  }
}
