import type { CoalescedOp, HostEventOp, HostOp, IoeventfdOp, MemslotOp, PageSize, WhileInOp } from '../guest/setup.ts';
import { ERRNO, errnoName } from '../kvm/io/errno.ts';
import { IOEVENTFD_FLAG } from '../kvm/io/ioeventfd.ts';
import type { Kvm } from '../kvm/kvm.ts';
import { SLOT_FLAG } from '../kvm/memslots/slot-table.ts';
import {
  dirtyLog,
  ioeventfd,
  reclaimGuest,
  registerCoalesced,
  setMemoryRegion,
  unregisterCoalesced,
} from '../kvm/vm-ioctls.ts';
import type { Reference } from '../reference/reference.ts';
import type { NoteLog } from './notes.ts';
import type { OtherVcpus } from './other-vcpus.ts';

const LEVEL_OF: Record<PageSize, number> = { '4K': 1, '2M': 2, '1G': 3 };
const GIB = 1n << 30n;
/** Where the VMM's mappings of guest memory begin. */
const HVA_BASE = 0x1000_0000_0000n;

const PINNED = 'nothing was taken: a kernel without MMU notifiers keeps the pages of a guest';

/**
 * The VMM's side of a run: ioctls on the VM, and what the host does to guest memory. Each operation is charged to the host's account,
 * shown to the reference once KVM accepted it, and noted when KVM refused it.
 */
export class HostSide {
  private readonly kvm: Kvm;
  private readonly reference: Reference | null;
  private readonly eventfds = new Map<string, number>();
  private readonly hvaOfSlot = new Map<number, { hva: bigint; size: bigint }>();
  private nextHva = HVA_BASE;
  /** vCPUs beside the first; null where there are none. */
  others: OtherVcpus | null = null;

  constructor(kvm: Kvm, reference: Reference | null) {
    this.kvm = kvm;
    this.reference = reference;
  }

  /** Carries out one operation; returns its errno (0 for success). */
  apply(op: Exclude<HostOp, HostEventOp>, line: number, notes: NoteLog): number {
    const errno = op.kind === 'while-in' ? this.whileIn(op, line, notes) : this.carryOut(op);
    if (errno !== 0) notes.add(`${describe(op)}: ${errnoName(errno)}`, line);
    if (op.kind === 'reclaim' && !this.kvm.policy.mmuNotifier) notes.add(`${describe(op)}: ${PINNED}`, line);
    return errno;
  }

  /** Name of an eventfd by its object number, for texts. */
  eventfdName(fd: number): string {
    const { eventfds } = this.kvm.io;
    for (const [name, descriptor] of this.eventfds) if (eventfds.resolve(descriptor) === fd) return name;
    return `eventfd ${fd}`;
  }

  /** How often each eventfd was signalled. */
  signals(): Record<string, number> {
    const { eventfds } = this.kvm.io;
    return Object.fromEntries(
      [...this.eventfds].map(([name, fd]) => [name, Number(eventfds.counter(eventfds.resolve(fd)))]),
    );
  }

  private whileIn(op: WhileInOp, line: number, notes: NoteLog): number {
    return this.others === null ? ERRNO.EINVAL : this.others.arm(op, line, notes);
  }

  private carryOut(op: Exclude<HostOp, WhileInOp | HostEventOp>): number {
    switch (op.kind) {
      case 'memslot':
        return this.memslot(op);
      case 'ioeventfd':
        return this.ioeventfd(op);
      case 'coalesced':
        return this.coalesced(op);
      case 'get-dirty-log':
        return dirtyLog(this.kvm, op.slot).errno;
      case 'reclaim':
        reclaimGuest(this.kvm, Number(op.gpa >> 12n), Number((op.size + 4095n) >> 12n));
        return 0;
    }
  }

  private memslot(op: MemslotOp): number {
    const { kvm } = this;
    const hva = op.hva ?? this.hvaFor(op);
    const flags = (op.readonly ? SLOT_FLAG.READONLY : 0) | (op.logDirty ? SLOT_FLAG.LOG_DIRTY : 0);
    if (op.size > 0n && hva % 4096n === 0n) this.mapHva(hva, op.size, op.hostPage);
    const errno = setMemoryRegion(kvm, { slot: op.slot, flags, gpa: op.gpa, size: op.size, hva });
    if (errno === 0) this.reference?.setRegion(op.slot, op.gpa, op.size, hva, op.readonly);
    return errno;
  }

  private ioeventfd(op: IoeventfdOp): number {
    const { kvm, reference } = this;
    const flags =
      (op.datamatch !== null ? IOEVENTFD_FLAG.DATAMATCH : 0) |
      (op.pio ? IOEVENTFD_FLAG.PIO : 0) |
      (op.deassign ? IOEVENTFD_FLAG.DEASSIGN : 0);
    const fd = this.fdOf(op.fd);
    const errno = ioeventfd(kvm, { datamatch: op.datamatch ?? 0n, addr: op.addr, len: op.length, fd, flags });
    if (errno !== 0 || reference === null) return errno;
    const spec = {
      pio: op.pio,
      addr: op.addr,
      length: op.length,
      datamatch: op.datamatch,
      fd: kvm.io.eventfds.resolve(fd),
    };
    if (op.deassign) reference.deassignIoeventfd(spec);
    else reference.assignIoeventfd(spec);
    return errno;
  }

  private coalesced(op: CoalescedOp): number {
    const zone = { addr: op.addr, size: op.size, pio: op.pio ? 1 : 0 };
    const errno = op.unregister ? unregisterCoalesced(this.kvm, zone) : registerCoalesced(this.kvm, zone);
    if (errno !== 0 || this.reference === null) return errno;
    if (op.unregister) this.reference.unregisterZone(op.pio, op.addr, BigInt(op.size));
    else this.reference.registerZone(op.pio, op.addr, BigInt(op.size));
    return errno;
  }

  /** A slot number keeps its host address as long as its size stays. */
  private hvaFor(op: MemslotOp): bigint {
    const known = this.hvaOfSlot.get(op.slot);
    if (known !== undefined && (op.size === 0n || known.size >= op.size)) return known.hva;
    const hva = this.nextHva;
    const taken = (op.size + GIB - 1n) / GIB;
    this.nextHva += (taken + 1n) * GIB;
    this.hvaOfSlot.set(op.slot, { hva, size: op.size });
    return hva;
  }

  private mapHva(hva: bigint, size: bigint, page: PageSize): void {
    const { hostMm } = this.kvm;
    const first = Number(hva >> 12n);
    const pages = Number((size + 4095n) >> 12n);
    const unit = page === '4K' ? 1 : page === '2M' ? 512 : 512 * 512;
    const whole = Math.ceil(pages / unit) * unit;
    if (hostMm.isFree(first, whole)) hostMm.map(first, whole, LEVEL_OF[page]);
    else hostMm.mapRest(first, pages);
  }

  private fdOf(name: string): number {
    let fd = this.eventfds.get(name);
    if (fd === undefined) {
      fd = this.kvm.io.eventfds.create();
      this.eventfds.set(name, fd);
    }
    return fd;
  }
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The ioctl in words, as a note shows it. */
function describe(op: Exclude<HostOp, HostEventOp>): string {
  switch (op.kind) {
    case 'memslot':
      return `KVM_SET_USER_MEMORY_REGION slot ${op.slot}, gpa ${hex(op.gpa)}, size ${hex(op.size)}`;
    case 'ioeventfd':
      return `KVM_IOEVENTFD ${op.deassign ? 'deassign' : 'assign'} ${op.pio ? 'port ' : ''}${hex(op.addr)}, length ${op.length}`;
    case 'coalesced':
      return `${op.unregister ? 'KVM_UNREGISTER' : 'KVM_REGISTER'}_COALESCED_MMIO ${hex(op.addr)}, size ${op.size}`;
    case 'get-dirty-log':
      return `KVM_GET_DIRTY_LOG slot ${op.slot}`;
    case 'while-in':
      return `no vCPU ${op.vcpu} to act in ${op.window} (vm.vcpus says how many there are)`;
    case 'reclaim':
      return `reclaim of gpa ${hex(op.gpa)}`;
  }
}
