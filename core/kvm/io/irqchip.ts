import { bigHi, bigLo } from '../../base/words.ts';
import { ERRNO } from './errno.ts';
import type { IoBusSet } from './io-bus-set.ts';
import { BUS } from './io-bus.ts';
import { DEVICE } from './io-devices.ts';

/** A range of a device KVM models itself: arch/x86/kvm/i8259.c, ioapic.c, i8254.c. */
interface InKernelRange {
  readonly bus: number;
  readonly addr: bigint;
  readonly size: number;
}

/** The interrupt controllers, in order of registration: two PICs, ELCR, IOAPIC. */
const IRQCHIP: readonly InKernelRange[] = [
  { bus: BUS.PIO, addr: 0x20n, size: 2 },
  { bus: BUS.PIO, addr: 0xa0n, size: 2 },
  { bus: BUS.PIO, addr: 0x4d0n, size: 2 },
  { bus: BUS.MMIO, addr: 0xfec0_0000n, size: 0x100 },
];
const PIT: InKernelRange = { bus: BUS.PIO, addr: 0x40n, size: 4 };
/** KVM_PIT_SPEAKER_DUMMY: port 0x61 too. */
const SPEAKER: InKernelRange = { bus: BUS.PIO, addr: 0x61n, size: 4 };

/** First page of the local APIC; it stands in front of the MMIO bus of each vCPU, not on it. */
export const APIC_GFN = 0xfee00;

/**
 * The in-kernel interrupt controllers and timer as occupants of the buses. They take every access in their range; what their registers
 * hold is not modelled.
 */
export class Irqchip {
  /** True after KVM_CREATE_IRQCHIP: the local APIC takes accesses to its page before the bus does. */
  present = false;
  private pit = false;
  private readonly io: IoBusSet;

  constructor(io: IoBusSet) {
    this.io = io;
  }

  /** KVM_CREATE_IRQCHIP: OK; EEXIST the second time; EINVAL once there is a vCPU; ENOSPC or ENOMEM from a bus. */
  create(vcpusExist: boolean): number {
    if (this.present) return ERRNO.EEXIST;
    if (vcpusExist) return ERRNO.EINVAL;
    const result = this.place(IRQCHIP);
    this.present = result === ERRNO.OK;
    return result;
  }

  /** KVM_CREATE_PIT2: OK; EEXIST the second time; ENOENT without an irqchip. `speaker`: KVM_PIT_SPEAKER_DUMMY. */
  createPit(speaker: boolean): number {
    if (this.pit) return ERRNO.EEXIST;
    if (!this.present) return ERRNO.ENOENT;
    const result = this.place(speaker ? [PIT, SPEAKER] : [PIT]);
    this.pit = result === ERRNO.OK;
    return result;
  }

  private place(ranges: readonly InKernelRange[]): number {
    const placed: { bus: number; device: number }[] = [];
    for (const { bus, addr, size } of ranges) {
      const device = this.io.devices.allocate(DEVICE.IN_KERNEL);
      this.io.devices.addressHi[device] = bigHi(addr);
      this.io.devices.addressLo[device] = bigLo(addr);
      this.io.devices.length[device] = size;
      const result = this.io.registerDevice(bus, addr, size, device);
      if (result !== ERRNO.OK) {
        this.io.devices.release(device);
        for (const each of placed) this.io.unregisterDevice(each.bus, each.device);
        return result;
      }
      placed.push({ bus, device });
    }
    return ERRNO.OK;
  }
}
