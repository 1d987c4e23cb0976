import { bigHi, bigLo } from '../base/words.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { CPU_EXIT, CPU_FAULT, type Cpu } from '../cpu/cpu.ts';
import { Instruction, OP } from '../guest/instruction.ts';
import type { GuestRegisters } from '../guest/registers.ts';
import type { OtherAccess } from '../guest/setup.ts';
import { KVM_ERROR, KVM_ERRORS, KVM_FAULT, KVM_HALTED, KVM_NEXT } from '../kvm/outcome.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import type { Observation } from '../reference/observation.ts';
import type { Reference } from '../reference/reference.ts';
import type { HostView } from './host-view.ts';
import type { NoteLog } from './notes.ts';

/** Re-entries of one instruction without progress after which it counts as a livelock. */
const LIVELOCK = 64;

const OPS = { read: OP.READ, write: OP.WRITE, invlpg: OP.INVLPG, movCr3: OP.MOV_CR3 } as const;

export interface OtherVcpuParts {
  readonly cpu: Cpu;
  readonly vcpu: Vcpu;
  readonly registers: GuestRegisters;
  /** Its own ledger: the path that vCPU 0 is on goes on undisturbed. */
  readonly paths: PathTable;
  readonly observation: Observation;
  readonly guestView: HostView;
  /** Null when the run is not checked. */
  readonly reference: Reference | null;
}

/**
 * A vCPU beside the first: it carries out what it is given while vCPU 0 is somewhere in KVM. As long as it needs nothing of KVM it runs; an
 * access that leaves the guest waits until vCPU 0 has let go of KVM's locks, and those behind it wait with it.
 */
export class OtherVcpu {
  readonly parts: OtherVcpuParts;
  /** Exits by reason number; the machine's own column. */
  private readonly exits: Float64Array;
  private readonly queue: Instruction[] = [];
  /** The first in the queue has left the guest. */
  private isOut = false;
  private line = 0;
  private notes: NoteLog | null = null;
  /** Why it stopped for good, or empty. */
  problem = '';

  constructor(parts: OtherVcpuParts, exits: Float64Array) {
    this.parts = parts;
    this.exits = exits;
  }

  /** True while accesses wait for vCPU 0. */
  get waits(): boolean {
    return this.queue.length > 0;
  }

  /** Takes accesses and carries out as many as need no exit. */
  start(accesses: readonly OtherAccess[], line: number, notes: NoteLog): void {
    this.line = line;
    this.notes = notes;
    for (const access of accesses) this.queue.push(instructionOf(access));
    if (!this.isOut) this.proceed(false);
  }

  /** Carries out one instruction to its end, exits and all: vCPU 0 is not in the middle of anything. */
  carryOutNow(insn: Instruction, line: number, notes: NoteLog): void {
    this.line = line;
    this.notes = notes;
    this.queue.push(insn);
    this.settle();
  }

  /** vCPU 0 is through: what waits is carried out to its end. */
  settle(): void {
    const { vcpu, observation } = this.parts;
    const { io } = vcpu.kvm;
    const { witness } = io;
    io.witness = witness === null ? null : observation;
    if (this.isOut) this.complete(CPU_EXIT);
    this.proceed(true);
    io.witness = witness;
  }

  /** Carries out the queue; up to the first exit, unless exits may be answered. */
  private proceed(answersExits: boolean): void {
    const { cpu, vcpu, paths, observation, reference, registers } = this.parts;
    while (this.queue.length > 0 && this.problem === '') {
      const insn = this.queue[0]!;
      // An IPI of vCPU 0 is served before the guest goes on.
      vcpu.serveRequests();
      observation.clear();
      reference?.beforeOther(insn, registers, this.line);
      const outcome = cpu.execute(insn);
      if (outcome === CPU_EXIT) {
        this.isOut = true;
        if (!answersExits) return;
        this.complete(outcome);
      } else {
        if (outcome === CPU_FAULT) this.fault(cpu.fault.vector, cpu.fault.errorCode, cpu.fault.hi, cpu.fault.lo);
        else if (!cpu.ended) paths.end();
        this.over();
      }
    }
  }

  /** Answers exits of the first in the queue until it is over. */
  private complete(first: number): void {
    const { cpu, vcpu, paths } = this.parts;
    const insn = this.queue[0]!;
    let outcome = first;
    for (let entries = 0; outcome === CPU_EXIT; entries++) {
      this.exits[cpu.exit.reason & 2047]!++;
      const decision = vcpu.handleExit(cpu.exit, insn);
      if (decision === KVM_ERROR || entries === LIVELOCK) {
        paths.end();
        this.problem = decision === KVM_ERROR ? KVM_ERRORS[vcpu.error] : 'livelock';
        return this.over();
      }
      if (decision === KVM_HALTED) {
        // Whoever has the time wakes it.
        paths.end();
        return this.over();
      }
      cpu.enterGuest();
      if (decision === KVM_FAULT) {
        const { vector, errorCode, cr2Hi, cr2Lo } = vcpu.fault;
        this.fault(vector, errorCode, cr2Hi, cr2Lo);
        return this.over();
      }
      if (decision === KVM_NEXT) {
        paths.end();
        return this.over();
      }
      outcome = cpu.execute(insn);
    }
    if (outcome === CPU_FAULT) this.fault(cpu.fault.vector, cpu.fault.errorCode, cpu.fault.hi, cpu.fault.lo);
    else if (!cpu.ended) paths.end();
    this.over();
  }

  /** No kernel of the guest runs here: its handler gives up on the instruction. */
  private fault(vector: number, errorCode: number, hi: number, lo: number): void {
    const { paths, observation } = this.parts;
    paths.add(STEP['guest.pf_delivery']);
    paths.add(STEP['guest.iret']);
    paths.end();
    observation.fault(vector, errorCode, hi, lo);
    this.notes?.fault(vector, errorCode, hi, lo, this.line);
  }

  private over(): void {
    const { reference, observation, guestView } = this.parts;
    const insn = this.queue.shift()!;
    this.isOut = false;
    if (this.problem !== '') this.queue.length = 0;
    observation.stopped = this.problem === '' ? 0 : 1;
    reference?.afterOther(insn, observation, guestView);
  }
}

function instructionOf({ op, address, value, width }: OtherAccess): Instruction {
  const insn = new Instruction();
  const toCr3 = op === 'movCr3';
  insn.clear(OPS[op], op === 'invlpg' ? 0 : width, toCr3 ? 0 : bigHi(address), toCr3 ? 0 : bigLo(address));
  const data = toCr3 ? address : value;
  insn.data[0] = bigLo(data);
  insn.data[1] = bigHi(data);
  return insn;
}
