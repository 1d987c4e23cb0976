import { addHi } from '../../base/words.ts';
import { EVENT } from '../../events/kinds.ts';
import type { Recorder } from '../../events/recorder.ts';
import { STEP } from '../../cost/steps.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import { chargeBus, type StepSink } from '../io/charge-bus.ts';
import { ERRNO } from '../io/errno.ts';
import type { IoBusSet } from '../io/io-bus-set.ts';
import { BUS } from '../io/io-bus.ts';
import { APIC_GFN, type Irqchip } from '../io/irqchip.ts';
import { type EmulatorPort, TRANSLATED } from './emulator-port.ts';
import type { VcpuIo } from './vcpu-io.ts';

/** Result of one emulated access. */
export const ACCESS = Object.freeze({
  /** Done; a write that userspace has still to see counts as done for the instruction (look at `VcpuIo.fragments`). */
  DONE: 0,
  /** A read that userspace has to answer. */
  IO_NEEDED: 1,
  FAULT: -1,
});

/** kvm_mmio trace event: direction. */
const TRACE_READ_UNSATISFIED = 0;
const TRACE_READ = 1;
const TRACE_WRITE = 2;

/** Memory operands of the emulator (arch/x86/kvm/x86.c: emulator_read_write, emulator_read_write_onepage, vcpu_mmio_read/_write). */
export class MmioAccess {
  private readonly io: IoBusSet;
  private readonly irqchip: Irqchip;
  private readonly port: EmulatorPort;
  private readonly steps: StepSink;
  private readonly recorder: Recorder | undefined;

  constructor(io: IoBusSet, irqchip: Irqchip, port: EmulatorPort, steps: StepSink, recorder: Recorder | undefined) {
    this.io = io;
    this.irqchip = irqchip;
    this.port = port;
    this.steps = steps;
    this.recorder = recorder;
  }

  /** Reads `bytes` at a linear address into `v.operand`. After IO_NEEDED and userspace's reply the same call only takes the reply. */
  read(v: VcpuIo, hi: number, lo: number, bytes: number): number {
    this.steps.add(STEP.emulator_read_write);
    if (v.readCompleted !== 0) {
      v.readCompleted = 0;
      return ACCESS.DONE;
    }
    v.fragments = 0;
    const toPageEnd = 4096 - (lo & 0xfff);
    const first = bytes < toPageEnd ? bytes : toPageEnd;
    if (!this.readPart(v, hi, lo, first, 0)) return ACCESS.FAULT;
    if (first < bytes && !this.readPart(v, addHi(hi, lo, first), (lo + first) | 0, bytes - first, first)) {
      return ACCESS.FAULT;
    }
    return v.fragments === 0 ? ACCESS.DONE : ACCESS.IO_NEEDED;
  }

  /** Writes `bytes` of `from` at a linear address. What userspace has to see is left in `v.fragments`, its data in `v.operand`. */
  write(v: VcpuIo, hi: number, lo: number, bytes: number, from: Int32Array): number {
    this.steps.add(STEP.emulator_read_write);
    v.fragments = 0;
    const toPageEnd = 4096 - (lo & 0xfff);
    const first = bytes < toPageEnd ? bytes : toPageEnd;
    if (!this.writePart(v, hi, lo, first, from, 0)) return ACCESS.FAULT;
    if (first < bytes && !this.writePart(v, addHi(hi, lo, first), (lo + first) | 0, bytes - first, from, first)) {
      return ACCESS.FAULT;
    }
    return ACCESS.DONE;
  }

  private readPart(v: VcpuIo, hi: number, lo: number, bytes: number, at: number): boolean {
    const { port } = this;
    this.steps.add(STEP.emulator_read_write_onepage);
    const found = port.translate(hi, lo, 0);
    if (found < 0) return false;
    const gpaHi = port.gpaHi;
    const gpaLo = port.gpaLo;
    if (found === TRANSLATED.GPA && port.readRam(gpaHi, gpaLo, bytes, v.operand, at)) return true;
    let done = 0;
    while (done < bytes) {
      const length = bytes - done < 8 ? bytes - done : 8;
      const chunkHi = addHi(gpaHi, gpaLo, done);
      const chunkLo = (gpaLo + done) | 0;
      if (!this.readChunk(chunkHi, chunkLo, length)) break;
      for (let i = 0; i < length; i++) putByte(v.operand, at + done + i, 0);
      v.unmodelledRead = 1;
      this.trace(TRACE_READ, length, chunkHi, chunkLo);
      done += length;
    }
    if (done < bytes) this.addFragment(v, gpaHi, gpaLo, done, bytes, at);
    return true;
  }

  /** vcpu_mmio_read of one chunk. Devices in the kernel answer 0: what their registers hold is not modelled. */
  private readChunk(hi: number, lo: number, length: number): boolean {
    this.steps.add(STEP.vcpu_mmio_read);
    if (this.takenByApic(hi, lo)) return true;
    const result = this.io.read(BUS.MMIO, hi, lo, length);
    chargeBus(this.steps, this.io);
    return result === ERRNO.OK;
  }

  private writePart(v: VcpuIo, hi: number, lo: number, bytes: number, from: Int32Array, at: number): boolean {
    const { port } = this;
    this.steps.add(STEP.emulator_read_write_onepage);
    const found = port.translate(hi, lo, 1);
    if (found < 0) return false;
    const gpaHi = port.gpaHi;
    const gpaLo = port.gpaLo;
    if (found === TRANSLATED.GPA && port.writeRam(gpaHi, gpaLo, bytes, from, at)) return true;
    let done = 0;
    while (done < bytes) {
      const length = bytes - done < 8 ? bytes - done : 8;
      const chunkHi = addHi(gpaHi, gpaLo, done);
      const chunkLo = (gpaLo + done) | 0;
      if (!this.writeChunk(chunkHi, chunkLo, length, from, at + done)) break;
      this.trace(TRACE_WRITE, length, chunkHi, chunkLo);
      done += length;
    }
    if (done < bytes) {
      for (let i = done; i < bytes; i++) putByte(v.operand, at + i, getByte(from, at + i));
      this.addFragment(v, gpaHi, gpaLo, done, bytes, at);
    }
    return true;
  }

  /** vcpu_mmio_write of one chunk: the local APIC first, then the bus. */
  private writeChunk(hi: number, lo: number, length: number, from: Int32Array, at: number): boolean {
    this.steps.add(STEP.vcpu_mmio_write);
    if (this.takenByApic(hi, lo)) return true;
    const dataLo = wordAt(from, at, length);
    const dataHi = length > 4 ? wordAt(from, at + 4, length - 4) : 0;
    const result = this.io.write(BUS.MMIO, hi, lo, length, dataHi, dataLo);
    chargeBus(this.steps, this.io);
    return result === ERRNO.OK;
  }

  private takenByApic(hi: number, lo: number): boolean {
    return this.irqchip.present && hi === 0 && lo >>> 12 === APIC_GFN;
  }

  private addFragment(v: VcpuIo, gpaHi: number, gpaLo: number, done: number, bytes: number, at: number): void {
    const n = v.fragments++;
    v.fragmentHi[n] = addHi(gpaHi, gpaLo, done);
    v.fragmentLo[n] = gpaLo + done;
    v.fragmentAt[n] = at + done;
    v.fragmentLength[n] = bytes - done;
    this.steps.add(STEP.mmio_fragment);
    this.trace(TRACE_READ_UNSATISFIED, bytes - done, v.fragmentHi[n]!, v.fragmentLo[n]!);
  }

  private trace(direction: number, length: number, hi: number, lo: number): void {
    if (this.recorder?.on) this.recorder.emit(EVENT.kvm_mmio, direction, length, hi, lo);
  }
}

/** Up to four bytes from byte `at`, as a word whose other bytes are 0. */
export function wordAt(words: Int32Array, at: number, bytes: number): number {
  if ((at & 3) === 0) {
    const word = words[at >> 2]!;
    return bytes >= 4 ? word : word & ((1 << (bytes * 8)) - 1);
  }
  let word = 0;
  for (let i = 0; i < bytes && i < 4; i++) word |= getByte(words, at + i) << (i * 8);
  return word;
}
