import { bigHi, bigLo } from '../../base/words.ts';
import { ERRNO } from './errno.ts';
import type { IoBusSet } from './io-bus-set.ts';
import { BUS } from './io-bus.ts';
import { DEVICE } from './io-devices.ts';

/** struct kvm_coalesced_mmio_zone. */
export interface CoalescedZone {
  readonly addr: bigint;
  /** Unsigned 32-bit. */
  readonly size: number;
  /** Unsigned 32-bit; 0 MMIO, 1 PIO. */
  readonly pio: number;
}

/** KVM_(UN)REGISTER_COALESCED_MMIO (virt/kvm/coalesced_mmio.c). */
export class CoalescedZones {
  private list: number[] = [];
  private readonly io: IoBusSet;

  constructor(io: IoBusSet) {
    this.io = io;
    io.onDestroy(DEVICE.COALESCED, (device) => {
      this.list = this.list.filter((each) => each !== device);
    });
  }

  /** Zones registered, both kinds. */
  get count(): number {
    return this.list.length;
  }

  /** OK, EINVAL for a `pio` field that is neither 0 nor 1, ENOSPC or ENOMEM from the bus. Overlap and size 0 are allowed. */
  register(zone: CoalescedZone): number {
    const { io } = this;
    const pio = this.kindOf(zone);
    if (pio > 1 || !io.policy.coalescedMmio) return ERRNO.EINVAL;
    const device = io.devices.allocate(DEVICE.COALESCED);
    io.devices.addressHi[device] = bigHi(zone.addr);
    io.devices.addressLo[device] = bigLo(zone.addr);
    io.devices.length[device] = zone.size;
    io.devices.wildcard[device] = pio;
    const result = io.registerDevice(busOf(pio), zone.addr, zone.size, device);
    if (result === ERRNO.OK) this.list.push(device);
    else io.devices.release(device);
    return result;
  }

  /** Removes every zone of that kind that wholly holds the given range; OK even when there is none, EINVAL as for `register`. */
  unregister(zone: CoalescedZone): number {
    const { io } = this;
    const pio = this.kindOf(zone);
    if (pio > 1 || !io.policy.coalescedMmio) return ERRNO.EINVAL;
    // The kernel's `int len`: a size of 2 GiB or more is negative and lies in no zone.
    if ((zone.size | 0) < 0) return ERRNO.OK;
    const hi = bigHi(zone.addr);
    const lo = bigLo(zone.addr);
    for (const device of this.list) {
      if (io.devices.wildcard[device] !== pio || !io.zoneHolds(device, hi, lo, zone.size)) continue;
      if (io.unregisterDevice(busOf(pio), device) !== ERRNO.OK) break;
    }
    return ERRNO.OK;
  }

  private kindOf(zone: CoalescedZone): number {
    return this.io.policy.coalescedPio ? zone.pio : 0;
  }
}

const busOf = (pio: number): number => (pio === 1 ? BUS.PIO : BUS.MMIO);
