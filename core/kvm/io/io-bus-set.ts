import { EVENT } from '../../events/kinds.ts';
import type { Recorder } from '../../events/recorder.ts';
import type { StateSet } from '../../base/state.ts';
import { addHi } from '../../base/words.ts';
import { CoalescedRing } from './coalesced-ring.ts';
import { ERRNO } from './errno.ts';
import { Eventfds } from './eventfd.ts';
import { BUS_COUNT, IoBus } from './io-bus.ts';
import { DEVICE, IoDevices } from './io-devices.ts';
import type { IoPolicy } from './io-policy.ts';

/** Somebody who watches what the buses do beside their ledger: the reference's observer. */
interface BusWitness {
  /** An eventfd (object number) was signalled once. */
  signal(eventfd: number): void;
  /** An entry went to the coalesced ring. */
  ring(hi: number, lo: number, length: number, dataHi: number, dataLo: number): void;
}

/**
 * The buses of one VM with all that stands on them. The hot entries are `write` and `read`; what they did is left in the fields
 * `compares`, `offered`, `matched`, `coalesced` and `taker` until the next call, for the caller to charge.
 */
export class IoBusSet {
  readonly buses: readonly IoBus[];
  readonly devices = new IoDevices();
  readonly eventfds = new Eventfds();
  readonly ring = new CoalescedRing();
  readonly policy: IoPolicy;
  /** kvm_io_bus_cmp calls of the last operation. */
  compares = 0;
  /** Devices called by the last operation, the taker included. */
  offered = 0;
  /** How many of them were ioeventfds. */
  matched = 0;
  /** How many of them were coalesced zones. */
  coalesced = 0;
  /** Device that took the last operation, or -1. */
  taker = -1;
  /** 1 when the last operation signalled an eventfd. */
  signalled = 0;
  /** Grace periods of the current ioctl: freed by call_srcu, and waited for (expedited). The ioctl's caller sets both to 0. */
  readonly srcu = new Int32Array(2);
  /** Calls of devices go through retpolines: a configuration, for charging. */
  retpolines = false;
  /** Fault injection: bus arrays that may still be allocated before one allocation fails; -1 for never. */
  allocationsLeft = -1;
  /** Told of every signal and ring entry; null when nobody watches. */
  witness: BusWitness | null = null;
  private readonly recorder: Recorder | undefined;
  private readonly destructors: ((device: number) => void)[] = [];

  constructor(policy: IoPolicy, recorder?: Recorder) {
    this.policy = policy;
    this.recorder = recorder;
    this.buses = Array.from({ length: BUS_COUNT }, () => new IoBus(policy));
  }

  register(state: StateSet): void {
    state.addState(() => [...this.buses.flatMap((bus) => bus.columns()), ...this.devices.columns()]);
    this.ring.register(state);
    this.eventfds.register(state);
  }

  /**
   * kvm_io_bus_write: offers a write of `length` bytes (0 on FAST_MMIO) to the devices that compare equal, in bus order.
   * Returns OK when one took it, EOPNOTSUPP when none did, ENOMEM when the bus is gone.
   */
  write(busId: number, hi: number, lo: number, length: number, dataHi: number, dataLo: number): number {
    return this.offer(busId, true, hi, lo, length, dataHi, dataLo);
  }

  /** kvm_io_bus_read: as `write`. Only devices KVM models itself answer reads; the value is left to the caller (see `taker`). */
  read(busId: number, hi: number, lo: number, length: number): number {
    return this.offer(busId, false, hi, lo, length, 0, 0);
  }

  /**
   * kvm_io_bus_register_dev under slots_lock. `length` is taken as the kernel's int. OK, ENOSPC when the bus is full of devices that
   * are no ioeventfds, ENOMEM when the bus is gone or the array can't be allocated.
   */
  registerDevice(busId: number, address: bigint, length: number, device: number): number {
    const bus = this.buses[busId]!;
    if (bus.gone) return ERRNO.ENOMEM;
    if (bus.count - bus.ioeventfdCount > this.policy.busDeviceLimit - 1) return ERRNO.ENOSPC;
    if (!this.allocate()) return ERRNO.ENOMEM;
    bus.insert(address, length | 0, device);
    this.srcu[this.policy.registerFrees === 'call_srcu' ? 0 : 1]!++;
    return ERRNO.OK;
  }

  /**
   * kvm_io_bus_unregister_dev: OK, also when the device is not on the bus. When the smaller array can't be allocated the whole bus goes
   * with every device on it, and ENOMEM is returned. `keep`: the device also stands elsewhere and is not destroyed.
   */
  unregisterDevice(busId: number, device: number, keep = false): number {
    const bus = this.buses[busId]!;
    const at = bus.indexOf(device);
    if (bus.gone || at < 0) return ERRNO.OK;
    this.srcu[1]!++;
    if (this.allocate()) {
      bus.removeAt(at);
      if (!keep) this.destroy(device);
      return ERRNO.OK;
    }
    const all = Array.from({ length: bus.count }, (_, n) => bus.deviceAt(n));
    bus.destroy();
    for (const each of all) this.destroy(each);
    return ERRNO.ENOMEM;
  }

  /** Names what is to be done when a device of this kind goes away, before its row is freed. */
  onDestroy(kind: number, destructor: (device: number) => void): void {
    this.destructors[kind] = destructor;
  }

  /** kvm_iodevice_destructor. */
  destroy(device: number): void {
    this.destructors[this.devices.kind[device]!]?.(device);
    this.devices.release(device);
  }

  private offer(
    busId: number,
    writes: boolean,
    hi: number,
    lo: number,
    length: number,
    dataHi: number,
    dataLo: number,
  ): number {
    const bus = this.begin(busId);
    if (bus.gone) return ERRNO.ENOMEM;
    let result: number = ERRNO.EOPNOTSUPP;
    for (let at = bus.first(hi, lo, length); at >= 0 && bus.stillEqual(at); at++) {
      this.offered++;
      const device = bus.deviceAt(at);
      const takes = writes
        ? this.deviceWrite(device, hi, lo, length, dataHi, dataLo)
        : this.devices.kind[device] === DEVICE.IN_KERNEL;
      if (!takes) continue;
      this.taker = device;
      result = ERRNO.OK;
      break;
    }
    this.compares = bus.compares;
    return result;
  }

  private begin(busId: number): IoBus {
    const bus = this.buses[busId]!;
    bus.compares = 0;
    this.compares = 0;
    this.offered = 0;
    this.matched = 0;
    this.coalesced = 0;
    this.taker = -1;
    this.signalled = 0;
    return bus;
  }

  private deviceWrite(device: number, hi: number, lo: number, length: number, dataHi: number, dataLo: number): boolean {
    switch (this.devices.kind[device]) {
      case DEVICE.IOEVENTFD:
        return this.ioeventfdWrite(device, hi, lo, length, dataHi, dataLo);
      case DEVICE.COALESCED:
        return this.coalescedWrite(device, hi, lo, length, dataHi, dataLo);
      default:
        return this.devices.kind[device] === DEVICE.IN_KERNEL;
    }
  }

  /** ioeventfd_write: exact address; any length for a zero-length entry, else the same length and, unless a wildcard, the same value. */
  private ioeventfdWrite(
    device: number,
    hi: number,
    lo: number,
    length: number,
    dataHi: number,
    dataLo: number,
  ): boolean {
    const devices = this.devices;
    this.matched++;
    if (devices.addressLo[device] !== (lo | 0) || devices.addressHi[device] !== (hi | 0)) return false;
    const wanted = devices.length[device]!;
    if (wanted !== 0) {
      if (wanted !== length) return false;
      if (devices.wildcard[device] === 0) {
        const keepLo = length >= 4 ? -1 : (1 << (length * 8)) - 1;
        if (devices.matchLo[device] !== (dataLo & keepLo)) return false;
        if (devices.matchHi[device] !== (length === 8 ? dataHi | 0 : 0)) return false;
      }
    }
    const eventfd = devices.eventfd[device]!;
    this.eventfds.signal(eventfd);
    this.signalled = 1;
    if (this.witness !== null) this.witness.signal(eventfd);
    if (this.recorder?.on) this.recorder.emit(EVENT.eventfd_signal, eventfd, 0, 0, 0);
    return true;
  }

  /** coalesced_mmio_write: the access wholly inside the zone, without wrapping, and room in the ring. */
  private coalescedWrite(
    device: number,
    hi: number,
    lo: number,
    length: number,
    dataHi: number,
    dataLo: number,
  ): boolean {
    const devices = this.devices;
    this.coalesced++;
    if (!this.zoneHolds(device, hi, lo, length)) return false;
    const pio = devices.wildcard[device]!;
    if (!this.ring.push(hi, lo, length, dataHi, dataLo, pio)) return false;
    if (this.witness !== null) this.witness.ring(hi, lo, length, dataHi, dataLo);
    if (this.recorder?.on) this.recorder.emit(EVENT.coalesced_mmio, length, 0, hi, lo);
    return true;
  }

  /** coalesced_mmio_in_range with `length` 0 or more. */
  zoneHolds(device: number, hi: number, lo: number, length: number): boolean {
    const devices = this.devices;
    const startHi = devices.addressHi[device]!;
    const startLo = devices.addressLo[device]!;
    const endHi = addHi(hi, lo, length);
    const endLo = (lo + length) | 0;
    if (below(endHi, endLo, hi, lo) || below(hi, lo, startHi, startLo)) return false;
    const size = devices.length[device]!;
    return !below(addHi(startHi, startLo, size), (startLo + size) | 0, endHi, endLo);
  }

  private allocate(): boolean {
    if (this.allocationsLeft < 0) return true;
    return this.allocationsLeft-- !== 0;
  }
}

/** Unsigned a < b. */
const below = (aHi: number, aLo: number, bHi: number, bLo: number): boolean =>
  aHi >>> 0 < bHi >>> 0 || ((aHi | 0) === (bHi | 0) && aLo >>> 0 < bLo >>> 0);
