import type { StateSet } from '../base/state.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { CPU_DONE, CPU_FAULT, type Cpu } from '../cpu/cpu.ts';
import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { Instruction, OP, OP_COUNT } from '../guest/instruction.ts';
import type { KernelOp } from '../guest/kernel/ops.ts';
import { RECORD } from '../guest/records.ts';
import type { GuestRegisters } from '../guest/registers.ts';
import type { HostOp } from '../guest/setup.ts';
import { KVM_ERROR, KVM_ERRORS, KVM_FAULT, KVM_HALTED, KVM_NEXT } from '../kvm/outcome.ts';
import type { Kvm } from '../kvm/kvm.ts';
import { STAT } from '../kvm/stats.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import type { HostMemory } from '../memory/host-memory.ts';
import type { Observation } from '../reference/observation.ts';
import type { Reference } from '../reference/reference.ts';
import { REG } from '../guest/registers.ts';
import { VECTOR } from '../spec/paging.ts';
import { argsOf, codeOf, decodeInstruction, lineOf } from './decode.ts';
import type { Details } from './details.ts';
import type { Doorbell } from './doorbells.ts';
import type { GuestKernelSide } from './guest-kernel-side.ts';
import type { HostView } from './host-view.ts';
import type { HostSide } from './host-side.ts';
import { Interrupts } from './interrupts.ts';
import { NoteLog } from './notes.ts';
import { PhaseLog } from './phases.ts';
import { repeat, type Repeatable } from './repeat.ts';
import { fillKick, fillPort } from './ring.ts';
import { Smp } from './smp/smp.ts';
import type { OtherVcpus } from './other-vcpus.ts';
import type { Tracer } from './tracer.ts';
import type { Vmm } from './vmm.ts';

/** Re-entries of one instruction without progress after which it counts as a livelock. */
const LIVELOCK = 64;

export interface MachineParts {
  readonly state: StateSet;
  readonly memory: HostMemory;
  readonly paths: PathTable;
  /** What the host does beside the vCPU: ioctls, notifiers. */
  readonly hostPaths: PathTable;
  readonly events: Recorder;
  readonly registers: GuestRegisters;
  readonly model: CpuModel;
  readonly cpu: Cpu;
  readonly kvm: Kvm;
  readonly vcpu: Vcpu;
  readonly vmm: Vmm;
  readonly host: HostSide;
  readonly guestView: HostView;
  readonly observation: Observation;
  /** Null when the run is not checked. */
  readonly reference: Reference | null;
  readonly doorbells: readonly Doorbell[];
  /** vCPUs beside the one that the script drives; null for none. */
  readonly others: OtherVcpus | null;
  /** Exits of all vCPUs by reason: a column of counters, indexed by reason number (AMD's folded to 11 bits). */
  readonly exits: Float64Array;
  /** The CPU sends IPIs of the guest by itself. */
  readonly ipiVirtualization: boolean;
  /** CPUs of the host that the vCPUs share, and the scheduler's slice; null for one each. */
  readonly hostCpus: { readonly count: number; readonly sliceUs: number } | null;
}

/** What a HOST record may name. */
type OutsideOp =
  HostOp | { readonly kind: 'phase'; readonly name: string } | { readonly kind: 'os'; readonly op: KernelOp };

/** What stops a run, in words, and the script line of the access (0 unknown). */
export interface Problem {
  readonly text: string;
  readonly line: number;
}

/**
 * One vCPU on its way through access records: the CPU executes an instruction, KVM answers its exits, the VMM answers KVM's, and the
 * reference, where there is one, is asked after each what should have been seen.
 */
export class Machine implements Repeatable {
  readonly parts: MachineParts;
  readonly state: StateSet;
  readonly notes = new NoteLog();
  readonly phases: PhaseLog;
  readonly insn = new Instruction();
  readonly exits: Float64Array;
  /** [instructions carried out]. */
  private readonly executed = new Float64Array(1);
  /** Destination of the last instruction that had one. */
  resultHi = 0;
  resultLo = 0;
  /** The last fault the guest took; vector -1 for none so far. */
  readonly lastFault = { vector: -1, errorCode: 0, hi: 0, lo: 0 };
  /** Set when nothing more can run. */
  problem: Problem | null = null;
  /** errno of the last host operation, 0 for success. */
  lastErrno = 0;
  tracer: Tracer | null = null;
  /** Null when nobody asks for more than the result. */
  details: Details | null = null;
  /** The guest's kernel, where the script asked for one. */
  kernel: GuestKernelSide | null = null;
  /** The vCPUs in simulated time; null as long as the script runs no programs of several. */
  smp: Smp | null = null;
  /** Called every so many iterations of a loop, for whoever shows progress. */
  pulse: () => void = () => {};
  private readonly interrupts = new Interrupts(this);
  /** With a local APIC: the instruction left the guest, so that an interrupt may have come in with the entry. */
  private wasOut = false;
  private readonly hasOthers: boolean;
  private readonly hostOps: OutsideOp[] = [];
  private records: Float64Array = new Float64Array(0);
  private line = 0;
  private bodyFrom = 0;
  private bodyTo = 0;
  private loopLine = 0;

  constructor(parts: MachineParts) {
    this.parts = parts;
    this.state = parts.state;
    this.hasOthers = parts.others !== null;
    this.exits = parts.exits;
    this.phases = new PhaseLog(parts.paths);
    this.state.addCounters(() => [this.exits, this.executed]);
    parts.paths.ordinal = this.executed;
    this.notes.register(this.state);
  }

  /** Instructions carried out so far. */
  get accesses(): number {
    return this.executed[0]!;
  }

  /** Takes a host operation; its index goes into a HOST record. */
  addHostOp(op: HostOp): number {
    return this.hostOps.push(op) - 1;
  }

  /** Takes the name of a phase; its index goes into a HOST record, which begins the phase. */
  addPhase(name: string): number {
    return this.hostOps.push({ kind: 'phase', name }) - 1;
  }

  /** Takes what the guest's kernel is to do; its index goes into a HOST record. What it returns is then in `resultLo`. */
  addKernelOp(op: KernelOp): number {
    return this.hostOps.push({ kind: 'os', op }) - 1;
  }

  /** Carries out the complete records in [0, length), or up to the first problem. */
  run(records: Float64Array, length: number): void {
    this.records = records;
    if (length > 0) this.smp?.goesOn();
    this.runRange(0, length);
  }

  iterate(): void {
    this.runRange(this.bodyFrom, this.bodyTo);
  }

  stopped(): boolean {
    return this.problem !== null;
  }

  clearChanged(): void {
    this.parts.memory.changed[0] = 0;
    if (this.parts.reference !== null) this.parts.reference.changed[0] = 0;
  }

  changed(): boolean {
    if (this.tracer !== null && this.tracer.waiting) return true;
    return this.parts.memory.changed[0] !== 0 || (this.parts.reference?.changed[0] ?? 0) !== 0;
  }

  /** Nothing more can run, for a reason in words. */
  stop(text: string): void {
    this.problem ??= { text, line: this.line };
  }

  overflow(): void {
    this.problem = {
      text: 'the counts of this loop would pass 2^53, beyond which they are no longer exact: repeat it less often',
      line: this.loopLine,
    };
  }

  private runRange(from: number, to: number): void {
    const { records, insn } = this;
    let at = from;
    while (at < to && this.problem === null) {
      const header = records[at]! | 0;
      const code = codeOf(header);
      if (code < OP_COUNT || code >= RECORD.WIDE) {
        this.line = lineOf(header);
        decodeInstruction(header, records, at, insn);
        this.execute();
        at += 1 + argsOf(header);
      } else {
        at = this.runOther(code, header, at);
        if (code === RECORD.PARALLEL && at < to) this.smp?.goesOn();
      }
    }
  }

  private runOther(code: number, header: number, at: number): number {
    const { records } = this;
    this.line = lineOf(header);
    const first = records[at + 1]!;
    switch (code) {
      case RECORD.KICK:
      case RECORD.BELL_READ:
      case RECORD.BELL_ADD:
        this.ring(code, first, records[at + 2]!);
        return at + 1 + argsOf(header);
      case RECORD.HOST:
        this.hostSide(first);
        return at + 1 + argsOf(header);
      case RECORD.PAUSE:
        this.pause(first);
        return at + 1 + argsOf(header);
      case RECORD.PARALLEL:
        return this.together(at);
      default: {
        const body = at + 3;
        const end = body + records[at + 2]!;
        this.loop(body, end, first);
        return end;
      }
    }
  }

  private hostSide(index: number): void {
    const op = this.hostOps[index]!;
    if (op.kind === 'os') {
      this.resultLo = this.kernel?.apply(op.op) ?? 0;
      this.resultHi = 0;
      return;
    }
    if (op.kind !== 'phase') {
      if (this.tracer !== null) this.tracer.beforeHost(this.executed[0]!);
      this.lastErrno =
        op.kind === 'external-interrupt' || op.kind === 'machine-check'
          ? this.interrupts.host(op, this.line)
          : this.parts.host.apply(op, this.line, this.notes);
      return;
    }
    this.parts.cpu.flushHits();
    this.phases.enter(op.name);
  }

  private loop(from: number, to: number, iterations: number): void {
    const outerFrom = this.bodyFrom;
    const outerTo = this.bodyTo;
    const outerLine = this.loopLine;
    this.bodyFrom = from;
    this.bodyTo = to;
    this.loopLine = this.line;
    repeat(this, iterations);
    this.bodyFrom = outerFrom;
    this.bodyTo = outerTo;
    this.loopLine = outerLine;
  }

  /** Programs of several vCPUs. */
  private together(at: number): number {
    const { kvm } = this.parts;
    if (kvm.shadow !== null && kvm.policy.shadowMmu !== 'unsync')
      this.stop('cpu.together() on a kernel before 2.6.35 with shadow paging: its locks are priced, and nobody queues');
    if (this.kernel !== null) this.stop("cpu.together() and vm.kernel(): the guest's kernel knows one vCPU");
    this.smp ??= new Smp(this);
    return this.problem === null ? this.smp.run(this.records, at) : this.records.length;
  }

  get vcpuCount(): number {
    return 1 + (this.parts.others?.list.length ?? 0);
  }

  /** One instruction of vCPU 0 beside those of others. */
  carryOutAt(insn: Instruction, line: number): void {
    this.line = line;
    this.carryOut(insn);
  }

  /** What a HOST record of this index names is done, by the VMM's own thread. */
  applyHost(index: number, line: number): void {
    this.line = line;
    this.hostSide(index);
  }

  /** Nothing more can run, for a reason in words and because of this line. */
  stopAt(text: string, line: number): void {
    this.line = line;
    this.stop(text);
  }

  /** A doorbell access: what instruction it is depends on how the design built the doorbell. */
  private ring(code: number, id: number, value: number): void {
    const bell = this.parts.doorbells[id]!;
    const { insn } = this;
    if (bell.space === 'pio') {
      // A port has no read-modify-write: a driver reads it, then writes it.
      if (code !== RECORD.KICK) this.port(OP.IN, bell, 0);
      if (code !== RECORD.BELL_READ) this.port(OP.OUT, bell, value);
      return;
    }
    fillKick(insn, code, bell, value);
    this.execute();
  }

  private port(op: number, bell: Doorbell, value: number): void {
    fillPort(this.insn, op, bell, value);
    this.execute();
  }

  /** The guest computes: one step a cycle. */
  private pause(cycles: number): void {
    const { paths, vcpu } = this.parts;
    if (vcpu.apic !== null) return this.interrupts.pause(cycles);
    paths.addMany(STEP['guest.pause'], cycles);
    paths.end();
  }

  /** Carries out `this.insn`; a page fault that the guest's kernel takes is served, and the instruction executed again. */
  private execute(): void {
    this.carryOut(this.insn);
    if (this.kernel !== null && this.kernel.faultWaits) this.kernel.serve(this.insn);
    this.keepResult();
    if (this.wasOut) this.serveInterrupts();
  }

  private serveInterrupts(): void {
    this.wasOut = false;
    this.interrupts.serve();
  }

  /** One instruction, of the script's or of the guest kernel's: an access of its own. */
  carryOut(insn: Instruction): void {
    const { cpu, reference, paths } = this.parts;
    this.executed[0]!++;
    if (this.tracer !== null || reference !== null || this.details !== null) return this.carryOutWatched(insn);
    const outcome = cpu.execute(insn);
    if (outcome !== CPU_DONE) {
      this.answer(outcome, insn);
      if (this.hasOthers) this.settleOthers();
    } else if (!cpu.ended) paths.end();
  }

  /** IRET out of the guest kernel's handler, with what the kernel did last: an access of its own. */
  iret(): void {
    const { tracer, insn } = this;
    const { paths } = this.parts;
    this.executed[0]!++;
    if (this.details !== null) this.details.lines.access(this.line);
    if (tracer !== null)
      tracer.begin(this.executed[0]!, insn, this.line, 'IRET out of the guest kernel’s page fault handler');
    paths.add(STEP['guest.iret']);
    paths.end();
    if (tracer !== null) tracer.end(this.executed[0]!, insn);
  }

  private carryOutWatched(insn: Instruction): void {
    const { cpu, reference, observation, registers, guestView, paths } = this.parts;
    const { tracer, details } = this;
    if (tracer !== null) tracer.begin(this.executed[0]!, insn, this.line);
    if (details !== null) this.note(details, insn);
    observation.clear();
    if (reference !== null) reference.before(insn, registers, this.line);
    const outcome = cpu.execute(insn);
    if (outcome !== CPU_DONE) this.answer(outcome, insn);
    else if (!cpu.ended) paths.end();
    else if (details !== null && details.isNewHit(insn.op, cpu.ended)) cpu.flushHits();
    if (reference !== null) {
      observation.stopped = this.problem === null ? 0 : 1;
      reference.after(insn, observation, guestView);
    }
    if (tracer !== null) tracer.end(this.executed[0]!, insn);
    if (outcome !== CPU_DONE) this.settleOthers();
  }

  /** Other vCPUs waited while this one was in KVM. */
  private settleOthers(): void {
    const { others, vcpu } = this.parts;
    if (others === null) return;
    const text = others.settle(vcpu);
    if (text !== null && this.problem === null) this.problem = { text, line: this.line };
  }

  private note(details: Details, { op, size, hi, lo }: Instruction): void {
    details.lines.access(this.line);
    if (!details.recordsAccesses) return;
    this.parts.events.emit(EVENT.access, op, size, hi, lo);
  }

  /** A load that was swallowed or faulted leaves its destination register alone. */
  private keepResult(): void {
    if (this.insn.resultWritten === 0) return;
    this.resultLo = this.insn.result[0]!;
    this.resultHi = this.insn.result[1]!;
  }

  /** The instruction faulted or left the guest: on until it is over. */
  private answer(first: number, insn: Instruction): void {
    const { cpu, vcpu, paths } = this.parts;
    if (vcpu.apic !== null) this.wasOut = true;
    let outcome = first;
    let left = insn.count;
    for (let entries = 0; ; entries++) {
      if (outcome === CPU_FAULT) {
        if (cpu.fault.vector === VECTOR.PF) this.parts.kvm.stats[STAT.pf_direct]!++;
        this.guestFault(cpu.fault.vector, cpu.fault.errorCode, cpu.fault.hi, cpu.fault.lo);
        return;
      }
      const { exit } = cpu;
      this.exits[exit.reason & 2047]!++;
      if (this.details !== null) this.details.lines.exit(this.line);
      const decision = vcpu.handleExit(exit, insn);
      if (decision === KVM_ERROR) {
        paths.end();
        this.problem = { text: KVM_ERRORS[vcpu.error], line: this.line };
        return;
      }
      if (decision === KVM_HALTED) {
        if (this.smp !== null && this.smp.running) return paths.end();
        this.interrupts.halt();
      }
      cpu.enterGuest();
      if (decision === KVM_NEXT || decision === KVM_HALTED) {
        paths.end();
        return;
      }
      if (decision === KVM_FAULT) {
        this.guestFault(vcpu.fault.vector, vcpu.fault.errorCode, vcpu.fault.cr2Hi, vcpu.fault.cr2Lo);
        return;
      }
      if (insn.count !== left) {
        // A string instruction got on by some elements.
        left = insn.count;
        entries = 0;
      }
      if (entries === LIVELOCK) {
        paths.end();
        this.problem = { text: 'livelock: the instruction exits again and again without progress', line: this.line };
        return;
      }
      outcome = cpu.execute(insn);
      if (outcome === CPU_DONE) {
        if (!cpu.ended) paths.end();
        return;
      }
    }
  }

  /** The guest takes a fault: its kernel will serve it, or a handler runs that gives up on the instruction. */
  private guestFault(vector: number, errorCode: number, hi: number, lo: number): void {
    const { paths, observation, registers } = this.parts;
    if (vector === VECTOR.PF) {
      // Of an injected fault KVM loads CR2 itself, at the entry: no event injection does it.
      registers.at[REG.CR2_HI] = hi;
      registers.at[REG.CR2_LO] = lo;
    }
    const taken = this.kernel !== null && this.kernel.takes(vector, errorCode, hi, lo);
    paths.add(STEP['guest.pf_delivery']);
    if (!taken) paths.add(STEP['guest.iret']);
    paths.end();
    observation.fault(vector, errorCode, hi, lo);
    if (!taken) this.giveUp(vector, errorCode, hi, lo);
  }

  /** A fault that nobody can serve: the instruction is left, the script sees the fault. */
  giveUp(vector: number, errorCode: number, hi: number, lo: number): void {
    this.lastFault.vector = vector;
    this.lastFault.errorCode = errorCode;
    this.lastFault.hi = hi;
    this.lastFault.lo = lo;
    this.notes.fault(vector, errorCode, hi, lo, this.line);
  }
}
