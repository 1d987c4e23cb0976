import { EVENT } from '../../events/kinds.ts';
import type { Recorder } from '../../events/recorder.ts';
import { STEP } from '../../cost/steps.ts';
import { putByte } from '../../memory/host-memory.ts';
import { chargeBus, type StepSink } from '../io/charge-bus.ts';
import { ERRNO } from '../io/errno.ts';
import type { IoBusSet } from '../io/io-bus-set.ts';
import { BUS } from '../io/io-bus.ts';
import { KVM_EXIT } from './kvm-exit.ts';
import { wordAt } from './mmio-access.ts';
import { PENDING, type VcpuIo } from './vcpu-io.ts';

/** Port I/O (arch/x86/kvm/x86.c: emulator_pio_in_out, kvm_fast_pio). */
export class PortAccess {
  private readonly io: IoBusSet;
  private readonly steps: StepSink;
  private readonly recorder: Recorder | undefined;

  constructor(io: IoBusSet, steps: StepSink, recorder: Recorder | undefined) {
    this.io = io;
    this.steps = steps;
    this.recorder = recorder;
  }

  /** The emulator's OUT of `size` bytes of `from`; true when a device took them, else the exit is set up. */
  out(v: VcpuIo, port: number, size: number, from: Int32Array): boolean {
    this.steps.add(STEP.emulator_pio_in_out);
    return this.write(v, port, size, wordAt(from, 0, size));
  }

  /**
   * The emulator's IN: reads `count` elements into `into`; true when devices answered, else the exit is set up. An element after the first that
   * nobody answers reads as 0.
   */
  in(v: VcpuIo, port: number, size: number, count: number, into: Int32Array): boolean {
    this.steps.addN(STEP.emulator_pio_in_out, count);
    return this.read(v, port, size, count, into);
  }

  private read(v: VcpuIo, port: number, size: number, count: number, into: Int32Array): boolean {
    this.trace(0, size, port, count);
    for (let n = 0; n < count; n++) {
      const taken = this.io.read(BUS.PIO, 0, port, size) === ERRNO.OK;
      chargeBus(this.steps, this.io);
      if (!taken && n === 0) {
        this.exit(v, 1, port, size, count);
        v.pioData.fill(0, 0, (size * count + 3) >> 2);
        return false;
      }
      if (taken) v.unmodelledRead = 1;
      for (let i = 0; i < size; i++) putByte(into, n * size + i, 0);
    }
    return true;
  }

  /** kvm_fast_pio_out: true when a device took the write. */
  fastOut(v: VcpuIo, port: number, size: number, from: Int32Array): boolean {
    this.steps.add(STEP.kvm_fast_pio);
    const taken = this.write(v, port, size, wordAt(from, 0, size));
    if (!taken) v.pending = PENDING.FAST_PIO_OUT;
    return taken;
  }

  /** kvm_fast_pio_in: true when a device answered, the value then in `into`. */
  fastIn(v: VcpuIo, port: number, size: number, into: Int32Array): boolean {
    this.steps.add(STEP.kvm_fast_pio);
    const taken = this.read(v, port, size, 1, into);
    if (!taken) v.pending = PENDING.FAST_PIO_IN;
    return taken;
  }

  private write(v: VcpuIo, port: number, size: number, data: number): boolean {
    this.trace(1, size, port, 1);
    const result = this.io.write(BUS.PIO, 0, port, size, 0, data);
    chargeBus(this.steps, this.io);
    if (result === ERRNO.OK) return true;
    this.exit(v, 0, port, size, 1);
    v.pioData[0] = data;
    return false;
  }

  private exit(v: VcpuIo, isIn: number, port: number, size: number, count: number): void {
    v.exitReason = KVM_EXIT.IO;
    v.pioIn = isIn;
    v.pioPort = port;
    v.pioSize = size;
    v.pioCount = count;
  }

  private trace(isOut: number, size: number, port: number, count: number): void {
    if (this.recorder?.on) this.recorder.emit(EVENT.kvm_pio, isOut, size, port, count);
  }
}
