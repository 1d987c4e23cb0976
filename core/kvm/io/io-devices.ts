/** What stands behind a range of a bus. */
export const DEVICE = Object.freeze({ FREE: 0, IOEVENTFD: 1, COALESCED: 2, IN_KERNEL: 3 });

/**
 * The devices of one VM as columns; a device is named by its row. Rows are reused after `release`.
 * The columns an ioeventfd uses: bus, address, length, match, wildcard, eventfd. A coalesced zone: address, length (its size, unsigned),
 * wildcard (its `pio` field). A device KVM models itself (IOAPIC, PIC, PIT): address and length only.
 */
export class IoDevices {
  kind = new Uint8Array(16);
  bus = new Int32Array(16);
  addressHi = new Int32Array(16);
  addressLo = new Int32Array(16);
  length = new Uint32Array(16);
  matchHi = new Int32Array(16);
  matchLo = new Int32Array(16);
  /** 1: any value matches (KVM_IOEVENTFD_FLAG_DATAMATCH not given). */
  wildcard = new Int32Array(16);
  eventfd = new Int32Array(16);
  private used = 0;
  private readonly free: number[] = [];

  /** A row of the given kind, its columns 0. */
  allocate(kind: number): number {
    const row = this.free.pop() ?? this.used++;
    if (row === this.kind.length) this.grow();
    this.kind[row] = kind;
    return row;
  }

  release(row: number): void {
    for (const column of this.columns()) column[row] = 0;
    this.free.push(row);
  }

  columns(): (Uint8Array | Int32Array | Uint32Array)[] {
    return [
      this.kind,
      this.bus,
      this.addressHi,
      this.addressLo,
      this.length,
      this.matchHi,
      this.matchLo,
      this.wildcard,
      this.eventfd,
    ];
  }

  private grow(): void {
    const size = this.kind.length * 2;
    const widen = (column: Int32Array) => {
      const grown = new Int32Array(size);
      grown.set(column);
      return grown;
    };
    const kind = new Uint8Array(size);
    kind.set(this.kind);
    const length = new Uint32Array(size);
    length.set(this.length);
    this.kind = kind;
    this.length = length;
    this.bus = widen(this.bus);
    this.addressHi = widen(this.addressHi);
    this.addressLo = widen(this.addressLo);
    this.matchHi = widen(this.matchHi);
    this.matchLo = widen(this.matchLo);
    this.wildcard = widen(this.wildcard);
    this.eventfd = widen(this.eventfd);
  }
}
