import { bigHi, bigLo } from '../base/words.ts';

/** An ioeventfd that KVM accepted (KVM_IOEVENTFD returned 0). */
export interface IoeventfdSpec {
  readonly pio: boolean;
  readonly addr: bigint;
  /** 0: any length. */
  readonly length: number;
  /** null: any value. */
  readonly datamatch: bigint | null;
  /** The eventfd's number. */
  readonly fd: number;
}

interface Entry extends IoeventfdSpec {
  readonly matchHi: number;
  readonly matchLo: number;
}

/**
 * The ioeventfds userspace asked for, found by their exact address. What KVM's API promises: a write of that length (any, for length 0)
 * and that value (any, without datamatch) signals the eventfd.
 */
export class Ioeventfds {
  private readonly mmio = new Map<number, Entry[]>();
  private readonly ports = new Map<number, Entry[]>();

  assign(spec: IoeventfdSpec): void {
    const bus = spec.pio ? this.ports : this.mmio;
    const match = spec.datamatch ?? 0n;
    const entry = { ...spec, matchHi: bigHi(match), matchLo: bigLo(match) };
    bus.set(Number(spec.addr), [...(bus.get(Number(spec.addr)) ?? []), entry]);
  }

  deassign(spec: IoeventfdSpec): void {
    const bus = spec.pio ? this.ports : this.mmio;
    const there = bus.get(Number(spec.addr)) ?? [];
    const index = there.findIndex(
      (e) =>
        e.addr === spec.addr &&
        e.fd === spec.fd &&
        e.length === spec.length &&
        e.datamatch === (spec.datamatch ?? null),
    );
    if (index >= 0) there.splice(index, 1);
  }

  /** Eventfd that a write signals, -1 for none. The value is zero-extended to 64 bits. */
  match(pio: boolean, hi: number, lo: number, size: number, dataHi: number, dataLo: number): number {
    const there = (pio ? this.ports : this.mmio).get((hi >>> 0) * 0x1_0000_0000 + (lo >>> 0));
    if (there === undefined) return -1;
    for (const e of there) {
      if (e.length === 0) return e.fd;
      if (e.length !== size) continue;
      if (e.datamatch === null || (e.matchLo === dataLo >>> 0 && e.matchHi === dataHi >>> 0)) return e.fd;
    }
    return -1;
  }
}
