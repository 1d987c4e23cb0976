import type { CoalescedZones } from './coalesced-zones.ts';
import { RING_ENTRIES } from './coalesced-zones.ts';
import type { Ioeventfds } from './ioeventfds.ts';
import { PIECE, type Pieces } from './observation.ts';
import { byteOf, putByte } from './page-store.ts';

/** KVM hands a part to the bus and to userspace in chunks of at most 8 bytes. */
const CHUNK = 8;

/**
 * What must happen to an access that no RAM takes: a write that exactly matches an ioeventfd signals it; else one wholly inside a coalesced
 * zone is buffered while the ring has room; else it reaches userspace, and from the first such chunk on so does the rest of the part. Reads
 * always reach userspace, which empties the ring at every exit, as QEMU does.
 */
export class PromisedBus {
  private readonly ioeventfds: Ioeventfds;
  private readonly zones: CoalescedZones;
  private readonly value = new Int32Array(2);
  private ringLevel = 0;
  /** Where the search for a userspace answer goes on. */
  private cursor = 0;

  constructor(ioeventfds: Ioeventfds, zones: CoalescedZones) {
    this.ioeventfds = ioeventfds;
    this.zones = zones;
  }

  /** Start of an access. */
  begin(): void {
    this.ringLevel = this.zones.ring[0]!;
    this.cursor = 0;
  }

  /** End of an access: the ring is as full as what was seen made it. */
  settle(seen: Pieces): void {
    const ring = this.zones.ring;
    for (let i = 0; i < seen.length; i++) {
      const kind = seen.kind[i]!;
      if (kind === PIECE.RING) ring[0] = Math.min(ring[0]! + 1, RING_ENTRIES);
      else if (kind !== PIECE.SIGNAL) ring[0] = 0;
    }
  }

  /** Adds the pieces of a write of `size` bytes (one part) from byte `at` of `from`. */
  write(pio: boolean, hi: number, lo: number, size: number, from: Int32Array, at: number, out: Pieces): void {
    let toUserspace = false;
    for (let done = 0; done < size; done += CHUNK) {
      const chunk = Math.min(CHUNK, size - done);
      const chunkLo = (lo + done) | 0;
      const dataLo = gather(from, at + done, Math.min(chunk, 4));
      const dataHi = chunk > 4 ? gather(from, at + done + 4, chunk - 4) : 0;
      if (!toUserspace) {
        const fd = this.ioeventfds.match(pio, hi, chunkLo, chunk, dataHi, dataLo);
        if (fd >= 0) {
          out.push(PIECE.SIGNAL, hi, chunkLo, chunk, fd, dataHi, dataLo);
          continue;
        }
        if (this.ringLevel < RING_ENTRIES && this.zones.contains(pio, hi, chunkLo, chunk)) {
          this.ringLevel++;
          out.push(PIECE.RING, hi, chunkLo, chunk, 0, dataHi, dataLo);
          continue;
        }
        toUserspace = true;
      }
      this.ringLevel = 0;
      out.push(pio ? PIECE.PIO_OUT : PIECE.MMIO_WRITE, hi, chunkLo, chunk, 0, dataHi, dataLo);
    }
  }

  /**
   * Adds the pieces of a read of one part, and takes what userspace answered from the machine's own pieces. False when the machine did
   * not ask userspace for one of them.
   */
  read(kind: number, hi: number, lo: number, size: number, into: Int32Array, at: number, out: Pieces, seen: Pieces) {
    let known = true;
    for (let done = 0; done < size; done += CHUNK) {
      const chunk = Math.min(CHUNK, size - done);
      const chunkLo = (lo + done) | 0;
      this.ringLevel = 0;
      out.push(kind, hi, chunkLo, chunk, 0, 0, 0);
      const answer = this.find(seen, kind, hi, chunkLo, chunk);
      if (answer < 0) {
        known = false;
        continue;
      }
      out.matched[out.length - 1] = 1;
      seen.matched[answer] = 1;
      this.value[0] = seen.dataLo[answer]!;
      this.value[1] = seen.dataHi[answer]!;
      for (let i = 0; i < chunk; i++) putByte(into, at + done + i, byteOf(this.value, i));
    }
    return known;
  }

  private find(seen: Pieces, kind: number, hi: number, lo: number, size: number): number {
    for (let i = this.cursor; i < seen.length; i++) {
      if (seen.kind[i] !== kind || seen.matched[i] === 1) continue;
      if (seen.hi[i] !== hi || seen.lo[i] !== lo || seen.size[i] !== size) continue;
      this.cursor = i + 1;
      return i;
    }
    return -1;
  }
}

/** Up to 4 bytes as one word. */
function gather(from: Int32Array, at: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i++) word |= byteOf(from, at + i) << (i * 8);
  return word;
}
