import { ERRNO, errnoName } from '../io/errno.ts';
import { IOEVENTFD_FLAG } from '../io/ioeventfd.ts';
import { dirtyPages, getDirtyLog } from '../memslots/dirty-log.ts';
import { NO_OBSERVER } from '../memslots/slot-observer.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import {
  bigField,
  bytesField,
  hexBytes,
  type JsonObject,
  listField,
  MalformedError,
  numberField,
  objectField,
  textField,
  UnsupportedError,
} from './fields.ts';
import type { OracleVm } from './oracle-vm.ts';

type HostOp = (vm: OracleVm, op: JsonObject) => JsonObject;

const answer = (errno: number): JsonObject => ({ errno: errnoName(errno) });

const IOEVENTFD_FLAGS: Readonly<Record<string, number>> = {
  datamatch: IOEVENTFD_FLAG.DATAMATCH,
  pio: IOEVENTFD_FLAG.PIO,
  deassign: IOEVENTFD_FLAG.DEASSIGN,
  ccw: IOEVENTFD_FLAG.VIRTIO_CCW_NOTIFY,
  bit4: IOEVENTFD_FLAG.FAST_MMIO,
};
const SLOT_FLAGS: Readonly<Record<string, number>> = {
  log_dirty: SLOT_FLAG.LOG_DIRTY,
  readonly: SLOT_FLAG.READONLY,
  guest_memfd: SLOT_FLAG.GUEST_MEMFD,
};

/** Flag names, and `raw:0x...` for bits without one, as an unsigned 32-bit mask. */
function flagsOf(op: JsonObject, names: Readonly<Record<string, number>>): number {
  let mask = 0;
  for (const flag of listField(op, 'flags')) {
    const raw = /^raw:(0x[0-9a-f]{1,8})$/i.exec(String(flag));
    const bit = raw === null ? names[String(flag)] : Number(raw[1]);
    if (bit === undefined) throw new UnsupportedError('a flag of an unknown name');
    mask |= bit;
  }
  return mask >>> 0;
}

const ioeventfd: HostOp = (vm, op) => {
  const args = {
    addr: bigField(op, 'addr', 64),
    len: numberField(op, 'len'),
    flags: flagsOf(op, IOEVENTFD_FLAGS),
    datamatch: op['datamatch'] === undefined ? 0n : bigField(op, 'datamatch', 64),
    fd: vm.descriptors.fd(textField(op, 'fd')),
  };
  return answer(vm.ioeventfds.ioctl(args));
};

const coalesced: HostOp = (vm, op) => {
  const zone = { addr: bigField(op, 'addr', 64), size: numberField(op, 'size'), pio: numberField(op, 'pio') };
  const action = textField(op, 'action');
  if (action === 'register') return answer(vm.zones.register(zone));
  if (action === 'unregister') return answer(vm.zones.unregister(zone));
  throw new UnsupportedError('a coalesced action of an unknown name');
};

const memslot: HostOp = (vm, op) =>
  answer(
    vm.slots.setRegion({
      slot: numberField(op, 'slot'),
      flags: flagsOf(op, SLOT_FLAGS),
      gpa: bigField(op, 'gpa', 64),
      size: bigField(op, 'size', 64),
      hva: vm.buffers.address(op, 'hva'),
    }),
  );

const dirtyLog: HostOp = (vm, op) => {
  const slot = numberField(op, 'slot');
  const { errno, bitmap } = getDirtyLog(vm.slots, NO_OBSERVER, slot);
  if (errno !== ERRNO.OK) return answer(errno);
  if (slot === 0 && vm.vcpu !== undefined)
    throw new UnsupportedError('dirty log of the slot that holds code and page tables');
  return { errno: 'OK', dirty: dirtyPages(bitmap) };
};

const ringState: HostOp = (vm) => ({ first: vm.io.ring.index[0]!, last: vm.io.ring.index[1]! });

const ringDrain: HostOp = (vm) => ({ errno: 'OK', drained: vm.io.ring.consume(Infinity) });

const ringConsume: HostOp = (vm, op) => {
  vm.io.ring.consume(numberField(op, 'n'));
  return answer(ERRNO.OK);
};

const ringPoke: HostOp = (vm, op) => {
  vm.io.ring.index[1] = numberField(op, 'last');
  return answer(ERRNO.OK);
};

const placeOf = (vm: OracleVm, op: JsonObject): number =>
  vm.buffers.bufferStart(textField(op, 'buf')) + numberField(op, 'off');

const ramPoke: HostOp = (vm, op) => {
  bytesField(op, 'data').forEach((byte, i) => vm.buffers.write(placeOf(vm, op) + i, byte));
  return answer(ERRNO.OK);
};

const ramPeek: HostOp = (vm, op) => {
  const length = numberField(op, 'len');
  if (length > 1 << 20) throw new MalformedError(`field "len" is ${length}, more than a buffer holds`);
  return { data: hexBytes(Array.from({ length }, (_, i) => vm.buffers.read(placeOf(vm, op) + i))) };
};

const eventfdWrite: HostOp = (vm, op) => {
  const object = vm.io.eventfds.resolve(vm.descriptors.fd(textField(op, 'fd')));
  return answer(object < 0 ? -object : vm.io.eventfds.write(object, bigField(op, 'value', 64)));
};

const eventfdRead: HostOp = (vm, op) => {
  const object = vm.io.eventfds.resolve(vm.descriptors.fd(textField(op, 'fd')));
  const value = object < 0 ? 0n : vm.io.eventfds.read(object);
  if (value === 0n) return answer(object < 0 ? -object : ERRNO.EAGAIN);
  return { errno: 'OK', value: '0x' + value.toString(16) };
};

/** Ioctls on the VM's descriptor: from a process that did not make the VM, all of them are EIO. */
const VM_IOCTLS: Readonly<Record<string, HostOp>> = {
  ioeventfd,
  coalesced,
  memslot,
  get_dirty_log: dirtyLog,
  create_irqchip: (vm) => answer(vm.irqchip.create(vm.vcpu !== undefined)),
  create_pit: (vm) => answer(vm.irqchip.createPit(false)),
};

const inForkedChild: HostOp = (_vm, op) => {
  const body = objectField(op, 'body');
  if (VM_IOCTLS[textField(body, 'op')] === undefined)
    throw new UnsupportedError('a forked child does more than an ioctl');
  return answer(ERRNO.EIO);
};

/** Operations of the recorder's userspace, by name; each answers as the files do. */
export const HOST_OPS: Readonly<Record<string, HostOp>> = {
  ...VM_IOCTLS,
  fd_dup: (vm, op) => answer(vm.descriptors.dup(textField(op, 'from'), textField(op, 'to'))),
  fd_close: (vm, op) => answer(vm.descriptors.close(textField(op, 'fd'))),
  efd_write: eventfdWrite,
  efd_read: eventfdRead,
  ring_state: ringState,
  ring_drain: ringDrain,
  ring_consume: ringConsume,
  ring_poke_last: ringPoke,
  ram_poke: ramPoke,
  ram_peek: ramPeek,
  in_forked_child: inForkedChild,
};
