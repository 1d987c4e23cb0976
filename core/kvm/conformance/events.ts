import { wordsToBig } from '../../base/words.ts';
import { KVM_EXIT } from '../emulate/kvm-exit.ts';
import type { VcpuIo } from '../emulate/vcpu-io.ts';
import { RING_ENTRIES } from '../io/coalesced-ring.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import { hexBytes, type JsonObject } from './fields.ts';
import type { OracleVm } from './oracle-vm.ts';

/** What userspace sees while the guest runs, in the words of the recorded files. */
export class EventLog {
  readonly events: JsonObject[] = [];
  private readonly vm: OracleVm;
  private ringSeen: number;

  constructor(vm: OracleVm) {
    this.vm = vm;
    this.ringSeen = vm.io.ring.index[1]!;
  }

  /** Signals and ring entries since the last look. Counters are read, and so set to 0. */
  look(): void {
    const { io, descriptors } = this.vm;
    for (const [name, object] of descriptors.watched()) {
      const count = io.eventfds.read(object);
      if (count !== 0n) this.events.push({ eventfd: name, count: numeral(count) });
    }
    const { ring } = io;
    const last = ring.index[1]!;
    if (last >= RING_ENTRIES) return;
    for (let at = this.ringSeen % RING_ENTRIES; at !== last; at = (at + 1) % RING_ENTRIES) {
      const length = ring.length[at]!;
      const data = bytesOf(Int32Array.of(ring.dataLo[at]!, ring.dataHi[at]!), length);
      const address = hex(ring.addressHi[at]!, ring.addressLo[at]!);
      this.events.push({ ring: ring.pio[at] === 1 ? 'pio' : 'mmio', phys_addr: address, len: length, data });
    }
    this.ringSeen = last;
  }

  /** An exit, after what was seen before it. `reply` is what userspace answers to a read, where that is known already. */
  exit(v: VcpuIo, reply: readonly number[] | undefined): void {
    this.look();
    this.events.push(v.exitReason === KVM_EXIT.IO ? portExit(v, reply) : mmioExit(v, reply));
  }

  /** An exit of another kind. */
  other(event: JsonObject): void {
    this.look();
    this.events.push(event);
  }
}

function mmioExit(v: VcpuIo, reply: readonly number[] | undefined): JsonObject {
  const exit = { exit: 'MMIO', phys_addr: hex(v.physHi, v.physLo), len: v.length, is_write: v.isWrite };
  if (v.isWrite === 1) return { ...exit, data: bytesOf(v.mmioData, v.length) };
  return reply === undefined ? exit : { ...exit, reply: hexBytes(reply) };
}

function portExit(v: VcpuIo, reply: readonly number[] | undefined): JsonObject {
  const direction = v.pioIn === 1 ? 'in' : 'out';
  const exit = { exit: 'IO', direction, port: hex(0, v.pioPort), size: v.pioSize, count: v.pioCount };
  if (v.pioIn === 0) return { ...exit, data: bytesOf(v.pioData, v.pioSize * v.pioCount) };
  return reply === undefined ? exit : { ...exit, reply: hexBytes(reply) };
}

const hex = (hi: number, lo: number): string => '0x' + wordsToBig(hi, lo).toString(16);

/** Numbers above 2^31 are written as hexadecimal strings. */
const numeral = (value: bigint): number | string => (value > 1n << 31n ? '0x' + value.toString(16) : Number(value));

/**
 * The files' rule for read replies: byte j of the k-th read exit is (0x11 * (j % 8 + 1) + k + j / 8) & 0xff. Fills the reply in and returns
 * its bytes; `nextK` is asked only when the exit is a read.
 */
export function answerRead(v: VcpuIo, nextK: () => number): number[] | undefined {
  const isPort = v.exitReason === KVM_EXIT.IO;
  if (isPort ? v.pioIn === 0 : v.isWrite === 1) return undefined;
  const k = nextK();
  const length = isPort ? v.pioSize * v.pioCount : v.length;
  const bytes = Array.from({ length }, (_, j) => (0x11 * ((j % 8) + 1) + k + (j >> 3)) & 0xff);
  bytes.forEach((byte, j) => putByte(isPort ? v.pioData : v.mmioData, j, byte));
  return bytes;
}

/** The first bytes of little-endian words, as hexadecimal digits in memory order. */
export const bytesOf = (words: Int32Array, length: number): string =>
  hexBytes(Array.from({ length }, (_, i) => getByte(words, i)));
