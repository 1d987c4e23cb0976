import { bigHi, bigLo } from '../../core/base/words.ts';
import { Instruction, OP } from '../../core/guest/instruction.ts';
import { bytesOf } from '../../core/kvm/conformance/events.ts';
import type { JsonObject } from '../../core/kvm/conformance/fields.ts';
import { GuestRun } from '../../core/kvm/conformance/guest-run.ts';
import { OracleVm } from '../../core/kvm/conformance/oracle-vm.ts';
import { GUEST_OPS } from '../../core/kvm/conformance/guest-ops.ts';
import { errnoName } from '../../core/kvm/io/errno.ts';
import { IOEVENTFD_FLAG } from '../../core/kvm/io/ioeventfd.ts';
import { dirtyPages, getDirtyLog } from '../../core/kvm/memslots/dirty-log.ts';
import { NO_OBSERVER } from '../../core/kvm/memslots/slot-observer.ts';

/** An address without a memslot, page aligned. */
export const A = 0x3000_0000n;

interface EntryOptions {
  readonly len?: number;
  readonly match?: bigint;
  readonly pio?: boolean;
  readonly fd?: string;
  readonly deassign?: boolean;
}

/**
 * A booted VM without MMIO caching, and a guest on it whose every access goes through the emulator. What a step shows is written as words:
 * `e1=2` a signal count, `ring ADDRESS+LENGTH` an entry of the coalesced ring, `out`/`in`/`write`/`read PLACE+LENGTH[=BYTES]` an exit.
 */
export class GuestVm {
  readonly vm = new OracleVm();

  constructor() {
    GUEST_OPS['boot']!(this.vm, { op: 'boot', mode: 'long64' }, {}, (op) => op);
  }

  entry(addr: bigint, options: EntryOptions = {}): string {
    const flags =
      (options.match === undefined ? 0 : IOEVENTFD_FLAG.DATAMATCH) |
      (options.pio === true ? IOEVENTFD_FLAG.PIO : 0) |
      (options.deassign === true ? IOEVENTFD_FLAG.DEASSIGN : 0);
    const fd = this.vm.descriptors.fd(options.fd ?? 'e1');
    return errnoName(
      this.vm.ioeventfds.ioctl({ addr, len: options.len ?? 4, datamatch: options.match ?? 0n, fd, flags }),
    );
  }

  zone(addr: bigint, size: number, pio = 0): string {
    return errnoName(this.vm.zones.register({ addr, size, pio }));
  }

  /** Slot over buffer `mN`, `pages` long; 0 pages deletes. */
  slot(id: number, gpa: bigint, pages: number, flags = 0): string {
    const hva = this.vm.buffers.address({ hva: `m${id}` }, 'hva');
    return errnoName(this.vm.slots.setRegion({ slot: id, flags, gpa, size: BigInt(pages) * 4096n, hva }));
  }

  write = (gpa: bigint, size: number, value = 1n): string[] => this.run(this.insn(OP.WRITE, gpa, size, value));
  read = (gpa: bigint, size: number): string[] => this.run(this.insn(OP.READ, gpa, size, 0n));
  add = (gpa: bigint, size: number, value: bigint): string[] => this.run(this.insn(OP.ADD, gpa, size, value));
  exchange = (gpa: bigint, size: number, value: bigint): string[] => this.run(this.insn(OP.XCHG, gpa, size, value));
  out = (port: number, size: number, value = 1n): string[] => this.run(this.insn(OP.OUT, BigInt(port), size, value));
  in = (port: number, size: number): string[] => this.run(this.insn(OP.IN, BigInt(port), size, 0n));
  fetch = (gpa: bigint): string[] => this.run(this.insn(OP.FETCH, gpa, 1, 0n));

  store(gpa: bigint, size: number, count: number): string[] {
    const insn = this.insn(OP.STOS, gpa, size, 1n);
    insn.count = count;
    return this.run(insn);
  }

  outString(port: number, size: number, gpa: bigint, count: number): string[] {
    const insn = this.insn(OP.OUTS, gpa, size, 0n);
    insn.port = port;
    insn.count = count;
    return this.run(insn);
  }

  /** Bytes of guest memory, in memory order. */
  memory(gpa: bigint, bytes: number): number[] {
    return Array.from({ length: bytes }, (_, i) => this.vm.buffers.read(this.vm.ram.find(Number(gpa) + i)));
  }

  poke(gpa: bigint, ...bytes: number[]): void {
    bytes.forEach((byte, i) => this.vm.buffers.write(this.vm.ram.find(Number(gpa) + i), byte));
  }

  dirty(slot: number): number[] | string {
    const { errno, bitmap } = getDirtyLog(this.vm.slots, NO_OBSERVER, slot);
    return errno === 0 ? dirtyPages(bitmap) : errnoName(errno);
  }

  counter(name: string): bigint {
    return this.vm.io.eventfds.counter(this.vm.io.eventfds.resolve(this.vm.descriptors.fd(name)));
  }

  insn(op: number, address: bigint, size: number, data: bigint): Instruction {
    const insn = new Instruction();
    insn.clear(op, size, bigHi(address), bigLo(address));
    for (let word = 0; word < 4; word++) insn.data[word] = bigLo(data >> BigInt(word * 32));
    return insn;
  }

  /** Bytes the last `read` or `in` put in its register, in memory order. */
  value = '';

  private run(insn: Instruction): string[] {
    const run = new GuestRun(this.vm);
    run.run(insn);
    this.value = bytesOf(insn.result, insn.size);
    return run.end().map(words);
  }
}

function words(event: JsonObject): string {
  if (event['eventfd'] !== undefined) return `${event['eventfd']}=${event['count']}`;
  if (event['ring'] !== undefined) return `ring ${event['phys_addr']}+${event['len']}`;
  const data = event['data'] === undefined ? '' : `=${event['data']}`;
  if (event['exit'] === 'IO') return `${event['direction']} ${event['port']}+${event['size']}${data}`;
  if (event['exit'] === 'INTERNAL_ERROR') return `internal error ${event['suberror']}`;
  return `${event['is_write'] === 1 ? 'write' : 'read'} ${event['phys_addr']}+${event['len']}${data}`;
}
