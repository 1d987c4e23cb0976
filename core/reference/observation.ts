/** What an access may cause outside the guest, piece by piece. */
export const PIECE = Object.freeze({
  /** An eventfd was signalled once. */
  SIGNAL: 0,
  /** An entry of the coalesced ring. */
  RING: 1,
  /** KVM_EXIT_MMIO, at most 8 bytes each. */
  MMIO_READ: 2,
  MMIO_WRITE: 3,
  /** KVM_EXIT_IO, one element each: an exit for `count` elements is that many pieces. */
  PIO_IN: 4,
  PIO_OUT: 5,
});

/** A growing list of pieces as columns; owned by whoever made it and reused. */
export class Pieces {
  length = 0;
  kind = new Uint8Array(16);
  /** Guest-physical address, or the port in `lo`. */
  hi = new Int32Array(16);
  lo = new Int32Array(16);
  /** Bytes. */
  size = new Uint8Array(16);
  /** Eventfd number of a signal. */
  fd = new Int32Array(16);
  /** Value written, or the value userspace returned; little-endian words. */
  dataHi = new Int32Array(16);
  dataLo = new Int32Array(16);
  /** Scratch of the comparison: 1 when a piece has found its counterpart. */
  matched = new Uint8Array(16);

  clear(): void {
    this.length = 0;
  }

  /** Forgets what an earlier comparison has paired. */
  unmatch(): void {
    this.matched.fill(0, 0, this.length);
  }

  push(kind: number, hi: number, lo: number, size: number, fd: number, dataHi: number, dataLo: number): void {
    const i = this.length++;
    if (i === this.kind.length) this.grow();
    this.kind[i] = kind;
    this.hi[i] = hi;
    this.lo[i] = lo;
    this.size[i] = size;
    this.fd[i] = fd;
    this.dataHi[i] = size > 4 ? dataHi : 0;
    this.dataLo[i] = size < 4 ? dataLo & ((1 << (size * 8)) - 1) : dataLo;
    this.matched[i] = 0;
  }

  private grow(): void {
    const length = this.kind.length * 2;
    const wider = (column: Int32Array) => {
      const grown = new Int32Array(length);
      grown.set(column);
      return grown;
    };
    const widerBytes = (column: Uint8Array) => {
      const grown = new Uint8Array(length);
      grown.set(column);
      return grown;
    };
    this.kind = widerBytes(this.kind);
    this.hi = wider(this.hi);
    this.lo = wider(this.lo);
    this.size = widerBytes(this.size);
    this.fd = wider(this.fd);
    this.dataHi = wider(this.dataHi);
    this.dataLo = wider(this.dataLo);
    this.matched = widerBytes(this.matched);
  }
}

/**
 * What one instruction did on the machine, in the order it happened. The machine clears it before the instruction, fills it while the
 * instruction runs (exits, replays and all), and hands it to the reference afterwards.
 */
export class Observation {
  readonly pieces = new Pieces();
  /** Vector of the exception the guest received, -1 for none. */
  vector = -1;
  errorCode = 0;
  cr2Hi = 0;
  cr2Lo = 0;
  /** 1 when KVM_RUN failed or stopped (internal error, EFAULT): the instruction was not carried out. */
  stopped = 0;

  clear(): void {
    this.pieces.clear();
    this.vector = -1;
    this.errorCode = 0;
    this.cr2Hi = 0;
    this.cr2Lo = 0;
    this.stopped = 0;
  }

  /** An eventfd's counter grew by one. */
  signal(fd: number): void {
    this.pieces.push(PIECE.SIGNAL, 0, 0, 0, fd, 0, 0);
  }

  /** An entry was added to the coalesced ring; `pio` for a port. */
  ring(hi: number, lo: number, size: number, dataHi: number, dataLo: number): void {
    this.pieces.push(PIECE.RING, hi, lo, size, 0, dataHi, dataLo);
  }

  /** One KVM_EXIT_MMIO: for a read, the data is what userspace answered. */
  mmio(write: boolean, hi: number, lo: number, size: number, dataHi: number, dataLo: number): void {
    this.pieces.push(write ? PIECE.MMIO_WRITE : PIECE.MMIO_READ, hi, lo, size, 0, dataHi, dataLo);
  }

  /** One element of a KVM_EXIT_IO: for an IN, the data is what userspace answered. */
  pio(out: boolean, port: number, size: number, data: number): void {
    this.pieces.push(out ? PIECE.PIO_OUT : PIECE.PIO_IN, 0, port, size, 0, 0, data);
  }

  fault(vector: number, errorCode: number, cr2Hi: number, cr2Lo: number): void {
    this.vector = vector;
    this.errorCode = errorCode;
    this.cr2Hi = cr2Hi;
    this.cr2Lo = cr2Lo;
  }
}

/** The machine's guest memory as the host sees it, for comparing the bytes an access touched. */
export interface MachineMemory {
  /** Copies `count` bytes (1..16, all of one page) at a guest-physical address to byte 0.. of `out`; false where nothing backs it. */
  readGuest(gpaHi: number, gpaLo: number, count: number, out: Int32Array): boolean;
}
