import { beforeEach, describe, expect, it } from 'vitest';
import { bigHi, bigLo, hexWords } from '../../base/words.ts';
import { type StepName, STEPS } from '../../cost/steps.ts';
import { Recorder } from '../../events/recorder.ts';
import { Instruction, OP } from '../../guest/instruction.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import type { StepSink } from '../io/charge-bus.ts';
import { IoBusSet } from '../io/io-bus-set.ts';
import { MODERN_IO } from '../io/io-policy.ts';
import { Ioeventfds } from '../io/ioeventfd.ts';
import { Irqchip } from '../io/irqchip.ts';
import { EMULATED, Emulator, EMULATOR_STAT } from './emulator.ts';
import { type EmulatorPort, TRANSLATED } from './emulator-port.ts';
import { KVM_EXIT } from './kvm-exit.ts';
import { VcpuIo } from './vcpu-io.ts';

const A = 0x3000_0000;
const RAM_PAGES = 4;

/** Linear address = guest-physical address; four pages of RAM at 0; one page the guest's tables do not map. */
class FlatGuest implements EmulatorPort {
  gpaHi = 0;
  gpaLo = 0;
  readonly ram = new Uint8Array(RAM_PAGES * 4096);
  unmappedPage = -1;
  knownMmio = false;

  fetchInstruction(): void {}
  translate(hi: number, lo: number): number {
    if (lo >>> 12 === this.unmappedPage) return TRANSLATED.FAULT;
    this.gpaHi = hi;
    this.gpaLo = lo;
    return this.knownMmio ? TRANSLATED.MMIO : TRANSLATED.GPA;
  }
  readRam(hi: number, lo: number, bytes: number, out: Int32Array, at: number): boolean {
    if (hi !== 0 || lo >>> 12 >= RAM_PAGES) return false;
    for (let i = 0; i < bytes; i++) putByte(out, at + i, this.ram[lo + i]!);
    return true;
  }
  writeRam(hi: number, lo: number, bytes: number, from: Int32Array, at: number): boolean {
    if (hi !== 0 || lo >>> 12 >= RAM_PAGES) return false;
    for (let i = 0; i < bytes; i++) this.ram[lo + i] = getByte(from, at + i);
    return true;
  }
}

let steps: StepName[];
let io: IoBusSet;
let entries: Ioeventfds;
let guest: FlatGuest;
let irqchip: Irqchip;
let recorder: Recorder;
let emulator: Emulator;
let v: VcpuIo;
let fd: number;

beforeEach(() => {
  steps = [];
  const sink: StepSink = {
    add: (step) => steps.push(STEPS[step]!.name),
    addN: (step, times) => {
      for (let n = 0; n < times; n++) steps.push(STEPS[step]!.name);
    },
  };
  recorder = new Recorder(64);
  io = new IoBusSet(MODERN_IO, recorder);
  entries = new Ioeventfds(io);
  irqchip = new Irqchip(io);
  guest = new FlatGuest();
  emulator = new Emulator(io, irqchip, guest, sink, recorder);
  v = new VcpuIo();
  fd = io.eventfds.create();
});

function insn(op: number, address: number, size: number, data = 1n, count = 1): Instruction {
  const made = new Instruction();
  made.clear(op, size, 0, address);
  made.count = count;
  for (let word = 0; word < 4; word++) made.data[word] = bigLo(data >> BigInt(word * 32));
  return made;
}
const entry = (address: number, len: number, flags = 0) =>
  entries.ioctl({ addr: BigInt(address), len, flags, datamatch: 0n, fd });
const signals = () => io.eventfds.counter(fd);
const shown = () => `${hexWords(v.physHi, v.physLo)}+${v.length}`;
const reply = (value: bigint) => {
  v.mmioData[0] = bigLo(value);
  v.mmioData[1] = bigHi(value);
};

describe('the round trip to userspace', () => {
  it('a write is committed before userspace sees it', () => {
    const write = insn(OP.WRITE, A, 4, 7n);
    expect(emulator.emulate(write, v)).toBe(EMULATED.USERSPACE);
    expect([v.exitReason, shown(), v.isWrite, v.mmioData[0]]).toEqual([KVM_EXIT.MMIO, '0x30000000+4', 1, 7]);
    expect(steps.filter((name) => name === 'emulator_commit')).toHaveLength(1);
    expect(emulator.resume(write, v)).toBe(EMULATED.REENTER);
    expect(v.exitReason).toBe(KVM_EXIT.UNKNOWN);
    expect(emulator.stat[EMULATOR_STAT.mmio_exits]).toBe(1);
  });

  it('a read commits nothing, and is carried out again without decoding', () => {
    const read = insn(OP.READ, A, 2);
    expect(emulator.emulate(read, v)).toBe(EMULATED.USERSPACE);
    expect([read.resultWritten, steps.includes('emulator_commit')]).toEqual([0, false]);
    steps = [];
    reply(0xffff_1234n);
    expect(emulator.resume(read, v)).toBe(EMULATED.REENTER);
    expect([read.result[0], read.resultWritten]).toEqual([0x1234, 1]);
    expect(steps).toEqual([
      'complete_emulated_mmio',
      'x86_emulate_instruction',
      'x86_emulate_insn',
      'emulator_read_write',
      'emulator_commit',
    ]);
  });

  it('a crossing read takes its RAM half first, and one exit for the other', () => {
    guest.ram.set([1, 2, 3], RAM_PAGES * 4096 - 3);
    const read = insn(OP.READ, RAM_PAGES * 4096 - 3, 8);
    expect(emulator.emulate(read, v)).toBe(EMULATED.USERSPACE);
    expect(shown()).toBe('0x4000+5');
    reply(0x0807_0605_04n);
    emulator.resume(read, v);
    expect([read.result[0]! >>> 0, read.result[1]! >>> 0]).toEqual([0x04030201, 0x08070605]);
  });

  it('counts one mmio exit however many pieces there are', () => {
    const read = insn(OP.READ, A + 0xffc, 16);
    emulator.emulate(read, v);
    const pieces = [shown()];
    while (emulator.resume(read, v) === EMULATED.USERSPACE) pieces.push(shown());
    expect(pieces).toEqual(['0x30000ffc+4', '0x30001000+8', '0x30001008+4']);
    expect(emulator.stat[EMULATOR_STAT.mmio_exits]).toBe(1);
  });

  it('keeps the data of a write, whatever becomes of the instruction record', () => {
    const write = insn(OP.WRITE, A, 16, 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100n);
    emulator.emulate(write, v);
    write.data.fill(0);
    expect([v.mmioData[0], v.mmioData[1]]).toEqual([0x03020100, 0x07060504]);
    emulator.resume(write, v);
    expect([v.mmioData[0], v.mmioData[1]]).toEqual([0x0b0a0908, 0x0f0e0d0c]);
  });
});

describe('one operand', () => {
  it('stays in the kernel where a device takes it', () => {
    entry(A, 4);
    expect(emulator.emulate(insn(OP.WRITE, A, 4), v)).toBe(EMULATED.REENTER);
    expect(signals()).toBe(1n);
    expect(steps).toEqual([
      'x86_emulate_instruction',
      'x86_decode_insn',
      'x86_emulate_insn',
      'emulator_read_write',
      'emulator_read_write_onepage',
      'vcpu_mmio_write',
      'kvm_io_bus_write',
      'kvm_io_bus_cmp',
      'kvm_io_bus_cmp',
      'kvm_iodevice_write',
      'ioeventfd_write',
      'eventfd_signal',
      'emulator_commit',
    ]);
  });

  it('does not try RAM where the page is known for MMIO', () => {
    guest.knownMmio = true;
    expect(emulator.emulate(insn(OP.WRITE, 0x100, 4), v)).toBe(EMULATED.USERSPACE);
    expect(guest.ram[0x100]).toBe(0);
  });

  it('a fault on the second page comes after the first part was done', () => {
    entry(A + 0xffc, 4);
    guest.unmappedPage = (A >>> 12) + 1;
    expect(emulator.emulate(insn(OP.WRITE, A + 0xffc, 8), v)).toBe(EMULATED.FAULT);
    expect(signals()).toBe(1n);
  });

  it('goes to the local APIC before the bus, with an in-kernel irqchip only', () => {
    entry(0xfee0_0080, 4);
    emulator.emulate(insn(OP.WRITE, 0xfee0_0080 | 0, 4), v);
    expect(signals()).toBe(1n);
    irqchip.create(false);
    emulator.emulate(insn(OP.WRITE, 0xfee0_0080 | 0, 4), v);
    expect(signals()).toBe(1n);
  });

  it('an access at the top of the lower 4 GiB carries into the high word', () => {
    const write = insn(OP.WRITE, 0xffff_fffc | 0, 8);
    emulator.emulate(write, v);
    expect(shown()).toBe('0xfffffffc+4');
    emulator.resume(write, v);
    expect(shown()).toBe('0x100000000+4');
  });

  it('CMPXCHG writes either way', () => {
    for (const [old, written] of [
      [5n, 9],
      [6n, 6],
    ] as const) {
      const cmpxchg = insn(OP.CMPXCHG, A, 4, 9n);
      cmpxchg.expected[0] = 5;
      emulator.emulate(cmpxchg, v);
      reply(old);
      expect(emulator.resume(cmpxchg, v)).toBe(EMULATED.USERSPACE);
      expect([v.isWrite, v.mmioData[0]]).toEqual([1, written]);
      emulator.resume(cmpxchg, v);
    }
  });

  it('fetching cannot be emulated', () => {
    expect(emulator.emulate(insn(OP.FETCH, A, 1), v)).toBe(EMULATED.FAILED);
    expect([v.exitReason, v.suberror]).toEqual([KVM_EXIT.INTERNAL_ERROR, 1]);
  });
});

describe('string instructions', () => {
  it('return to the guest whenever the count is a multiple of 1024', () => {
    const store = insn(OP.STOS, 0, 1, 0xaan, 2500);
    const left: number[] = [];
    while (store.count > 0) {
      expect(emulator.emulate(store, v)).toBe(EMULATED.REENTER);
      left.push(store.count);
    }
    expect(left).toEqual([2048, 1024, 0]);
    expect([guest.ram[2499], guest.ram[2500]]).toEqual([0xaa, 0]);
    expect(store.lo).toBe(2500);
  });

  it('before 2.6.35 return to the guest after each iteration', () => {
    emulator.repBatch = 1;
    const store = insn(OP.STOS, 0, 8, 0xaan, 3);
    const left: number[] = [];
    while (store.count > 0) {
      expect(emulator.emulate(store, v)).toBe(EMULATED.REENTER);
      left.push(store.count);
    }
    expect(left).toEqual([2, 1, 0]);
  });

  it('with the count 0 do nothing but move on', () => {
    expect(emulator.emulate(insn(OP.STOS, A, 4, 1n, 0), v)).toBe(EMULATED.REENTER);
    expect(steps.at(-1)).toBe('emulator_commit');
  });

  it('each element that needs userspace exits by itself and leaves the instruction to be run again', () => {
    const store = insn(OP.STOS, A, 4, 7n, 2);
    expect(emulator.emulate(store, v)).toBe(EMULATED.USERSPACE);
    expect([shown(), store.count]).toEqual(['0x30000000+4', 1]);
    expect(emulator.resume(store, v)).toBe(EMULATED.REENTER);
    expect(emulator.emulate(store, v)).toBe(EMULATED.USERSPACE);
    expect([shown(), store.count]).toEqual(['0x30000004+4', 0]);
  });

  it('MOVS reads from userspace, then writes, then goes on in the kernel', () => {
    entry(0x4000_0000, 4);
    const move = insn(OP.MOVS, 0x4000_0000, 4, 0n, 2);
    move.lo2 = A;
    expect(emulator.emulate(move, v)).toBe(EMULATED.USERSPACE);
    reply(5n);
    expect(emulator.resume(move, v)).toBe(EMULATED.USERSPACE);
    expect([signals(), shown(), v.isWrite, move.count]).toEqual([1n, '0x30000004+4', 0, 1]);
    reply(6n);
    expect(emulator.resume(move, v)).toBe(EMULATED.USERSPACE);
    expect([shown(), v.isWrite, v.mmioData[0], move.count]).toEqual(['0x40000004+4', 1, 6, 0]);
  });

  it('INS reads ahead: up to the bytes left in the page taken as elements, at most a KiB', () => {
    const batches = (from: number, size: number, count: number): number[] => {
      const ins = insn(OP.INS, from, size, 0n, count);
      ins.port = 0x500;
      const counts: number[] = [];
      while (ins.count > 0) {
        expect(emulator.emulate(ins, v)).toBe(EMULATED.USERSPACE);
        counts.push(v.pioCount);
        expect(emulator.resume(ins, v)).toBe(EMULATED.REENTER);
      }
      return counts;
    };
    expect(batches(0x100, 1, 2000)).toEqual([1024, 976]);
    expect(batches(0x100, 4, 300)).toEqual([256, 44]);
    expect(batches(0xffe, 2, 5)).toEqual([2, 3]);
  });

  it('INS stores what userspace gave, crossing a page if it must', () => {
    const ins = insn(OP.INS, 0xffe, 1, 0n, 2);
    ins.size = 2;
    ins.port = 0x500;
    emulator.emulate(ins, v);
    v.pioData[0] = 0x04030201;
    emulator.resume(ins, v);
    expect([...guest.ram.subarray(0xffe, 0x1002)]).toEqual([1, 2, 3, 4]);
  });
});

describe('ports', () => {
  it('fast OUT is taken by an entry, or shown to userspace and skipped by the caller later', () => {
    entry(0x500, 1, 2);
    expect(emulator.ports.fastOut(v, 0x500, 1, Int32Array.of(0x11))).toBe(true);
    expect([signals(), steps.includes('x86_emulate_instruction')]).toEqual([1n, false]);
    const out = insn(OP.OUT, 0x501, 1, 0x1ffn);
    expect(emulator.ports.fastOut(v, 0x501, 1, out.data)).toBe(false);
    expect([v.exitReason, v.pioIn, v.pioPort, v.pioSize, v.pioData[0]]).toEqual([KVM_EXIT.IO, 0, 0x501, 1, 0xff]);
    expect(emulator.resume(out, v)).toBe(EMULATED.REENTER);
  });

  it('fast IN puts userspace’s answer in the register', () => {
    const input = insn(OP.IN, 0x500, 2);
    expect(emulator.ports.fastIn(v, 0x500, 2, v.result)).toBe(false);
    v.pioData[0] = 0x7777_1234;
    expect(emulator.resume(input, v)).toBe(EMULATED.REENTER);
    expect(input.result[0]).toBe(0x1234);
  });

  it('a device in the kernel answers, and that its value is not modelled is told', () => {
    irqchip.create(false);
    expect(emulator.emulate(insn(OP.IN, 0x20, 1), v)).toBe(EMULATED.REENTER);
    expect(v.unmodelledRead).toBe(1);
  });
});

it('events bear KVM’s names', () => {
  recorder.on = true;
  entry(A, 4);
  emulator.emulate(insn(OP.WRITE, A, 4), v);
  emulator.emulate(insn(OP.READ, A, 4), v);
  emulator.emulate(insn(OP.OUT, 0x500, 1), v);
  expect(recorder.list().map(({ name, args }) => `${name} ${args[0]}`)).toEqual([
    'kvm_emulate_insn 0',
    'eventfd_signal 0',
    'kvm_mmio 2',
    'kvm_emulate_insn 0',
    'kvm_mmio 0',
    'kvm_emulate_insn 0',
    'kvm_pio 1',
  ]);
});
