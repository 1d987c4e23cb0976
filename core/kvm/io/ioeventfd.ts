import { bigHi, bigLo, wordsToBig } from '../../base/words.ts';
import { ERRNO } from './errno.ts';
import type { IoBusSet } from './io-bus-set.ts';
import { BUS } from './io-bus.ts';
import { DEVICE } from './io-devices.ts';

/** Flag bits of struct kvm_ioeventfd (include/uapi/linux/kvm.h). FAST_MMIO is named there and ignored. */
export const IOEVENTFD_FLAG = Object.freeze({
  DATAMATCH: 1 << 0,
  PIO: 1 << 1,
  DEASSIGN: 1 << 2,
  VIRTIO_CCW_NOTIFY: 1 << 3,
  FAST_MMIO: 1 << 4,
});

/** struct kvm_ioeventfd: the argument of KVM_IOEVENTFD. */
export interface IoeventfdArgs {
  readonly datamatch: bigint;
  /** 64-bit address, or port. */
  readonly addr: bigint;
  /** Unsigned 32-bit. */
  readonly len: number;
  readonly fd: number;
  /** Unsigned 32-bit. */
  readonly flags: number;
}

const LENGTHS: ReadonlySet<number> = new Set([1, 2, 4, 8]);
const SPACE = 1n << 64n;

/** KVM_IOEVENTFD (virt/kvm/eventfd.c): the list of entries and what assigning and deassigning does to the buses. */
export class Ioeventfds {
  /** Devices in order of registration, all buses. */
  private list: number[] = [];
  private readonly io: IoBusSet;

  constructor(io: IoBusSet) {
    this.io = io;
    io.onDestroy(DEVICE.IOEVENTFD, (device) => {
      io.eventfds.put(io.devices.eventfd[device]!);
      this.list = this.list.filter((each) => each !== device);
    });
  }

  /** How many entries there are; a zero-length MMIO one counts twice where it has a twin of its own. */
  get count(): number {
    return this.list.length;
  }

  /** The ioctl: OK or an error number. Grace periods are added to `io.srcu`. */
  ioctl(args: IoeventfdArgs): number {
    return (args.flags & IOEVENTFD_FLAG.DEASSIGN) !== 0 ? this.deassign(args) : this.assign(args);
  }

  private assign(args: IoeventfdArgs): number {
    const { policy } = this.io;
    const bus = busOf(args.flags);
    if (!policy.ioeventfd) return ERRNO.EINVAL;
    if (args.len === 0 ? !policy.zeroLength : !LENGTHS.has(args.len)) return ERRNO.EINVAL;
    if ((args.addr + BigInt(args.len)) % SPACE < args.addr) return ERRNO.EINVAL;
    if ((args.flags & ~policy.ioeventfdFlags) !== 0) return ERRNO.EINVAL;
    if (args.len === 0) {
      if ((args.flags & IOEVENTFD_FLAG.DATAMATCH) !== 0) return ERRNO.EINVAL;
      if (bus === BUS.PIO && !policy.zeroLengthPio) return ERRNO.EINVAL;
    }
    const result = this.assignOn(bus, args);
    if (result !== ERRNO.OK || args.len !== 0 || bus !== BUS.MMIO || policy.fastMmioTwin !== 'separate') return result;
    const twin = this.assignOn(BUS.FAST_MMIO, args);
    if (twin !== ERRNO.OK) this.deassignOn(bus, args);
    return twin;
  }

  private assignOn(bus: number, args: IoeventfdArgs): number {
    const { io } = this;
    const eventfd = io.eventfds.resolve(args.fd);
    if (eventfd < 0) return -eventfd;
    const device = this.make(bus, args, eventfd);
    const result = this.collides(device) ? ERRNO.EEXIST : this.place(bus, args, device);
    if (result !== ERRNO.OK) {
      io.devices.release(device);
      return result;
    }
    io.eventfds.hold(eventfd);
    io.buses[bus]!.header[1]!++;
    this.list.push(device);
    return ERRNO.OK;
  }

  /** On its bus and, in 3.15's first form, the same device on FAST_MMIO. */
  private place(bus: number, args: IoeventfdArgs, device: number): number {
    const { io } = this;
    const result = io.registerDevice(bus, args.addr, args.len, device);
    if (result !== ERRNO.OK || !this.sharesTwin(bus, args.len)) return result;
    const twin = io.registerDevice(BUS.FAST_MMIO, args.addr, 0, device);
    if (twin !== ERRNO.OK) io.unregisterDevice(bus, device, true);
    return twin;
  }

  private sharesTwin(bus: number, len: number): boolean {
    return len === 0 && bus !== BUS.PIO && this.io.policy.fastMmioTwin === 'shared';
  }

  private make(bus: number, args: IoeventfdArgs, eventfd: number): number {
    const { devices } = this.io;
    const device = devices.allocate(DEVICE.IOEVENTFD);
    const matches = (args.flags & IOEVENTFD_FLAG.DATAMATCH) !== 0;
    devices.bus[device] = bus;
    devices.addressHi[device] = bigHi(args.addr);
    devices.addressLo[device] = bigLo(args.addr);
    devices.length[device] = args.len;
    devices.matchHi[device] = matches ? bigHi(args.datamatch) : 0;
    devices.matchLo[device] = matches ? bigLo(args.datamatch) : 0;
    devices.wildcard[device] = matches ? 0 : 1;
    devices.eventfd[device] = eventfd;
    return device;
  }

  /** ioeventfd_check_collision: same bus and address, and a zero length, or equal lengths with a wildcard or equal values. */
  private collides(device: number): boolean {
    const d = this.io.devices;
    return this.list.some(
      (other) =>
        d.addressLo[other] === d.addressLo[device] &&
        d.addressHi[other] === d.addressHi[device] &&
        d.bus[other] === d.bus[device] &&
        (d.length[other] === 0 ||
          d.length[device] === 0 ||
          (d.length[other] === d.length[device] &&
            (d.wildcard[other] === 1 ||
              d.wildcard[device] === 1 ||
              (d.matchLo[other] === d.matchLo[device] && d.matchHi[other] === d.matchHi[device])))),
    );
  }

  private deassign(args: IoeventfdArgs): number {
    const bus = busOf(args.flags);
    const result = this.deassignOn(bus, args);
    if (args.len === 0 && bus === BUS.MMIO && this.io.policy.fastMmioTwin === 'separate') {
      this.deassignOn(BUS.FAST_MMIO, args);
    }
    return result;
  }

  private deassignOn(bus: number, args: IoeventfdArgs): number {
    const { io } = this;
    const eventfd = io.eventfds.resolve(args.fd);
    if (eventfd < 0) return -eventfd;
    const device = this.list.find((each) => this.isEntry(each, bus, eventfd, args));
    if (device === undefined) return ERRNO.ENOENT;
    if (this.sharesTwin(bus, args.len)) {
      io.unregisterDevice(bus, device, true);
      io.unregisterDevice(BUS.FAST_MMIO, device, true);
      io.destroy(device);
    } else {
      io.unregisterDevice(bus, device);
    }
    if (!io.buses[bus]!.gone) io.buses[bus]!.header[1]!--;
    return ERRNO.OK;
  }

  private isEntry(device: number, bus: number, eventfd: number, args: IoeventfdArgs): boolean {
    const d = this.io.devices;
    const wildcard = (args.flags & IOEVENTFD_FLAG.DATAMATCH) === 0;
    return (
      d.bus[device] === bus &&
      d.eventfd[device] === eventfd &&
      wordsToBig(d.addressHi[device]!, d.addressLo[device]!) === args.addr &&
      d.length[device] === args.len &&
      (d.wildcard[device] === 1) === wildcard &&
      (wildcard || wordsToBig(d.matchHi[device]!, d.matchLo[device]!) === args.datamatch)
    );
  }
}

/** ioeventfd_bus_from_flags: PIO wins over CCW. */
function busOf(flags: number): number {
  if ((flags & IOEVENTFD_FLAG.PIO) !== 0) return BUS.PIO;
  return (flags & IOEVENTFD_FLAG.VIRTIO_CCW_NOTIFY) !== 0 ? BUS.CCW : BUS.MMIO;
}
