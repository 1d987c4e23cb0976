import { assert } from '../../base/assert.ts';
import type { Recorder } from '../../events/recorder.ts';
import { EVENT } from '../../events/kinds.ts';
import { STEP } from '../../cost/steps.ts';
import { type Instruction, isRmw, OP } from '../../guest/instruction.ts';
import { rmwValue } from '../../guest/rmw.ts';
import type { StepSink } from '../io/charge-bus.ts';
import type { IoBusSet } from '../io/io-bus-set.ts';
import type { Irqchip } from '../io/irqchip.ts';
import type { EmulatorPort } from './emulator-port.ts';
import { INTERNAL_ERROR, KVM_EXIT } from './kvm-exit.ts';
import { ACCESS, MmioAccess } from './mmio-access.ts';
import { PortAccess } from './pio.ts';
import { ITERATION, StringIteration } from './string-iteration.ts';
import { COMPLETED, completeMmio, exitForMmio } from './userspace-mmio.ts';
import { PENDING, type VcpuIo } from './vcpu-io.ts';

/** What emulation leads to. */
export const EMULATED = Object.freeze({
  /** Userspace has to see `VcpuIo`'s exit; go on with `resume`. */
  USERSPACE: 0,
  /** Back to the guest. RIP is past the instruction, except a string instruction with `count` left, which the guest runs again. */
  REENTER: 1,
  /** The guest gets the fault the port keeps. */
  FAULT: 2,
  /** KVM cannot emulate this: #UD for the guest, and at CPL 0 an exit with KVM_EXIT_INTERNAL_ERROR. */
  FAILED: 3,
});

/** Counters under KVM's stat names. */
export const EMULATOR_STAT = Object.freeze({ insn_emulation: 0, insn_emulation_fail: 1, mmio_exits: 2 });

/**
 * x86_emulate_instruction (arch/x86/kvm/x86.c, emulate.c) for the instructions the model has. One emulator serves all vCPUs of a VM; what
 * is under way lies in the vCPU's `VcpuIo`.
 */
export class Emulator {
  readonly stat = new Float64Array(3);
  readonly ports: PortAccess;
  /** Iterations of a string instruction in memory after which the guest is entered again: where the count left is a multiple of it. */
  repBatch = 1024;
  private readonly memory: MmioAccess;
  private readonly strings: StringIteration;
  private readonly port: EmulatorPort;
  private readonly steps: StepSink;
  private readonly recorder: Recorder | undefined;

  constructor(io: IoBusSet, irqchip: Irqchip, port: EmulatorPort, steps: StepSink, recorder?: Recorder) {
    this.port = port;
    this.steps = steps;
    this.recorder = recorder;
    this.memory = new MmioAccess(io, irqchip, port, steps, recorder);
    this.ports = new PortAccess(io, steps, recorder);
    this.strings = new StringIteration(this.memory, this.ports);
  }

  /** Fetches, decodes and carries out an instruction. Returns EMULATED. */
  emulate(insn: Instruction, v: VcpuIo): number {
    this.decode(insn);
    return this.start(insn, v);
  }

  /** Fetches and decodes. */
  decode(insn: Instruction): void {
    this.steps.add(STEP.x86_emulate_instruction);
    this.port.fetchInstruction();
    this.steps.add(STEP.x86_decode_insn);
    this.stat[EMULATOR_STAT.insn_emulation]!++;
    if (this.recorder?.on) this.recorder.emit(EVENT.kvm_emulate_insn, insn.op === OP.FETCH ? 1 : 0, 0, 0, 0);
  }

  /** Carries out a decoded instruction. Returns EMULATED. */
  start(insn: Instruction, v: VcpuIo): number {
    v.readCompleted = 0;
    v.unmodelledRead = 0;
    if (insn.op === OP.FETCH) return this.fail(v);
    return this.execute(insn, v);
  }

  /**
   * KVM_RUN after an exit: takes userspace's reply from `VcpuIo` and goes on. A read is carried out again without decoding and finds
   * its data. Returns EMULATED; after REENTER of a FAST_PIO exit the caller still has to skip the instruction.
   */
  resume(insn: Instruction, v: VcpuIo): number {
    switch (v.pending) {
      case PENDING.MMIO:
        return this.resumeMmio(insn, v);
      case PENDING.PIO_IN:
        this.steps.add(STEP.x86_emulate_instruction);
        return this.execute(insn, v);
      case PENDING.FAST_PIO_IN:
        this.toResult(insn, v.pioData);
        break;
      default:
        break;
    }
    v.pending = PENDING.NONE;
    v.exitReason = KVM_EXIT.UNKNOWN;
    return EMULATED.REENTER;
  }

  private resumeMmio(insn: Instruction, v: VcpuIo): number {
    switch (completeMmio(v, this.steps)) {
      case COMPLETED.EXIT_AGAIN:
        return EMULATED.USERSPACE;
      case COMPLETED.WRITE_DONE:
        return EMULATED.REENTER;
      default:
        this.steps.add(STEP.x86_emulate_instruction);
        return this.execute(insn, v);
    }
  }

  private execute(insn: Instruction, v: VcpuIo): number {
    this.steps.add(STEP.x86_emulate_insn);
    switch (insn.op) {
      case OP.WRITE:
        return this.afterWrite(v, this.memory.write(v, insn.hi, insn.lo, insn.size, insn.data));
      case OP.READ:
        return this.read(insn, v);
      case OP.OUT:
        return this.out(insn, v);
      case OP.IN:
        return this.in(insn, v);
      case OP.STOS:
      case OP.MOVS:
      case OP.OUTS:
      case OP.INS:
        return this.repeat(insn, v);
      default:
        assert(isRmw(insn.op), `operation ${insn.op} reached the emulator`);
        return this.readModifyWrite(insn, v);
    }
  }

  private read(insn: Instruction, v: VcpuIo): number {
    const result = this.memory.read(v, insn.hi, insn.lo, insn.size);
    if (result !== ACCESS.DONE) return this.stopped(v, result);
    this.toResult(insn, v.operand);
    return this.commit();
  }

  /** The read half may exit; then the write is a plain one, also with LOCK ("emulating exchange as write"). */
  private readModifyWrite(insn: Instruction, v: VcpuIo): number {
    const result = this.memory.read(v, insn.hi, insn.lo, insn.size);
    if (result !== ACCESS.DONE) return this.stopped(v, result);
    rmwValue(insn, v.operand, v.result);
    this.toResult(insn, v.operand);
    return this.afterWrite(v, this.memory.write(v, insn.hi, insn.lo, insn.size, v.result));
  }

  private out(insn: Instruction, v: VcpuIo): number {
    const taken = this.ports.out(v, insn.lo, insn.size, insn.data);
    this.commit();
    return taken ? EMULATED.REENTER : EMULATED.USERSPACE;
  }

  private in(insn: Instruction, v: VcpuIo): number {
    if (v.pending === PENDING.PIO_IN) {
      v.pending = PENDING.NONE;
      v.exitReason = KVM_EXIT.UNKNOWN;
      this.toResult(insn, v.pioData);
      return this.commit();
    }
    if (!this.ports.in(v, insn.lo, insn.size, 1, v.result)) {
      v.pending = PENDING.PIO_IN;
      return EMULATED.USERSPACE;
    }
    this.toResult(insn, v.result);
    return this.commit();
  }

  /**
   * REP: iterations follow each other in the kernel until one needs userspace, the count reaches a multiple of `repBatch`, or an INS batch
   * is used up. RIP stays on the instruction, also after the last one: the guest runs it again and finds the count 0.
   */
  private repeat(insn: Instruction, v: VcpuIo): number {
    if (insn.count === 0) return this.commit();
    for (;;) {
      const done = this.strings.run(insn, v);
      if (done === ITERATION.FAULT) return EMULATED.FAULT;
      if (done === ITERATION.READ_EXIT) return this.stopped(v, ACCESS.IO_NEEDED);
      if (done === ITERATION.PIO_EXIT) return EMULATED.USERSPACE;
      if (v.fragments !== 0) return this.afterWrite(v, ACCESS.DONE);
      if (insn.op === OP.INS || insn.count % (insn.op === OP.OUTS ? 1024 : this.repBatch) === 0) return this.commit();
      this.steps.add(STEP.x86_emulate_insn);
    }
  }

  private afterWrite(v: VcpuIo, result: number): number {
    if (result === ACCESS.FAULT) return EMULATED.FAULT;
    this.commit();
    if (v.fragments === 0) return EMULATED.REENTER;
    this.stat[EMULATOR_STAT.mmio_exits]!++;
    exitForMmio(v, 1);
    return EMULATED.USERSPACE;
  }

  /** A read did not end: it faulted, or userspace has to answer and nothing is committed. */
  private stopped(v: VcpuIo, result: number): number {
    if (result === ACCESS.FAULT) return EMULATED.FAULT;
    this.stat[EMULATOR_STAT.mmio_exits]!++;
    exitForMmio(v, 0);
    return EMULATED.USERSPACE;
  }

  private commit(): number {
    this.steps.add(STEP.emulator_commit);
    return EMULATED.REENTER;
  }

  private fail(v: VcpuIo): number {
    this.stat[EMULATOR_STAT.insn_emulation_fail]!++;
    v.exitReason = KVM_EXIT.INTERNAL_ERROR;
    v.suberror = INTERNAL_ERROR.EMULATION;
    return EMULATED.FAILED;
  }

  private toResult(insn: Instruction, from: Int32Array): void {
    const { result, size } = insn;
    const keep = size >= 4 ? -1 : (1 << (size * 8)) - 1;
    result[0] = from[0]! & keep;
    result[1] = size > 4 ? from[1]! : 0;
    result[2] = size > 8 ? from[2]! : 0;
    result[3] = size > 8 ? from[3]! : 0;
    insn.resultWritten = 1;
  }
}
