/** A coalesced MMIO or PIO zone that userspace registered. */
interface Zone {
  readonly pio: boolean;
  readonly addr: bigint;
  readonly size: bigint;
}

/** Entries of the ring page that can be filled: (4096 - 8) / 24 of them, one always free. */
export const RING_ENTRIES = 169;

/** Coalesced zones, and how full the ring is that they share. A write wholly inside a zone is buffered instead of an exit. */
export class CoalescedZones {
  /** Cell 0: entries in the ring. */
  readonly ring = new Int32Array(1);
  private zones: (Zone & { readonly from: number; readonly to: number })[] = [];

  register(pio: boolean, addr: bigint, size: bigint): void {
    this.zones.push({ pio, addr, size, from: Number(addr), to: Number(addr + size) });
  }

  /** Removes every zone of the kind that wholly contains the range, as KVM does. */
  unregister(pio: boolean, addr: bigint, size: bigint): void {
    this.zones = this.zones.filter((z) => z.pio !== pio || addr < z.addr || addr + size > z.addr + z.size);
  }

  contains(pio: boolean, hi: number, lo: number, size: number): boolean {
    if (this.zones.length === 0) return false;
    const at = (hi >>> 0) * 0x1_0000_0000 + (lo >>> 0);
    return this.zones.some((z) => z.pio === pio && at >= z.from && at + size <= z.to);
  }
}
