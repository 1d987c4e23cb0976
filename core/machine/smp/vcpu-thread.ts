import { STEP } from '../../cost/steps.ts';
import { Instruction, OP } from '../../guest/instruction.ts';
import { PARALLEL } from '../../guest/parallel.ts';
import { RECORD } from '../../guest/records.ts';
import { codeOf, decodeInstruction, lineOf, sizeOf } from '../decode.ts';
import { STAT } from '../../kvm/stats.ts';
import { MSR } from '../../spec/msr.ts';
import type { Machine } from '../machine.ts';
import { type Arrival, loadOnCpu, schedIn, schedOut } from '../../kvm/run-loop/sched.ts';
import type { OtherVcpu, OtherVcpuParts } from '../other-vcpu.ts';
import { fillKick, fillPort } from '../ring.ts';
import { HaltPolling } from './halt.ts';
import { InterruptDelivery } from './interrupts.ts';
import { HANDLER_ENDED, type Program, PROGRAM_ENDED } from './program.ts';
import { type HostCpus, QUEUED, type Schedulable } from './host-cpus.ts';
import { HALTS, STEPPED, Thread } from './thread.ts';

/** What a thread needs of its vCPU. */
type VcpuParts = Pick<OtherVcpuParts, 'cpu' | 'vcpu' | 'paths'>;

/** One vCPU on its way through its program. */
export class VcpuThread extends Thread implements Schedulable {
  readonly parts: VcpuParts;
  /** What it is to do in the run of programs under way. */
  program: Program | null = null;
  /** Instructions carried out, those of handlers included. */
  instructions = 0;
  private readonly machine: Machine;
  private readonly records: () => Float64Array;
  /** Null for vCPU 0, which is the machine's own. */
  private readonly other: OtherVcpu | null;
  private readonly insn = new Instruction();
  /** Exits of the VM before the step under way, and whether the step had one. */
  private exitsBefore = 0;
  private exited = false;
  private wasAsked = false;
  private isOut = false;
  /** Script line of the last record. */
  line = 0;
  /** Cycles of `cpu.pause` that the step under way spends, and that are still to come after an interrupt. */
  private paused = 0;
  private pauseLeft = 0;
  /** The same of what each handler under way has interrupted. */
  private readonly interruptedPauses: number[] = [];
  private readonly delivery: InterruptDelivery;
  private readonly polling: HaltPolling;
  /** Null while each vCPU has a CPU of its own. */
  hostCpus: HostCpus | null = null;
  /** The next step is that off its CPU. */
  private isLeaving = false;
  /** When its slice ended it was in the guest. */
  private wasInGuest = false;
  /** Scheduled out. */
  private isOff = false;
  /** It has got a CPU, and has not yet done what that takes. */
  private arrival: Arrival | null = null;
  /** An interrupt of the host's wakes it. */
  private wokenByHost = false;
  /** Cycles that it waited for that CPU. */
  private queued = 0;

  constructor(machine: Machine, other: OtherVcpu | null, records: () => Float64Array) {
    const parts: VcpuParts = other?.parts ?? machine.parts;
    super(parts.vcpu.id, parts.paths);
    this.machine = machine;
    this.other = other;
    this.parts = parts;
    this.records = records;
    this.delivery = new InterruptDelivery(machine, parts);
    this.polling = new HaltPolling(parts.vcpu.kvm.policy, machine.parts.model.ghz);
  }

  get name(): string {
    return `vCPU ${this.id}`;
  }

  /** A step that leaves the guest counts as inside KVM from its beginning to its end. */
  override get readsSrcu(): boolean {
    return this.exited && !this.ended && !this.isOff;
  }

  protected carryOut(): number {
    this.exitsBefore = this.parts.vcpu.kvm.stats[STAT.exits]!;
    const stepped = this.next();
    this.exited = stepped === STEPPED.SWITCHED || this.hasExited;
    return stepped;
  }

  /** The step under way has left the guest. What comes next in the guest is a step of its own: it is not out of the guest for that. */
  private get hasExited(): boolean {
    return this.parts.vcpu.kvm.stats[STAT.exits]! !== this.exitsBefore;
  }

  /** Rounds of a loop that spins have been multiplied out. */
  skip(cycles: number, instructions: number): void {
    this.instructions += instructions;
    this.jump(cycles);
  }

  /** When its timer fires, in simulated time; Infinity for never. */
  get deadline(): number {
    const deadline = this.parts.vcpu.apic?.deadline ?? 0;
    return deadline === 0 ? Infinity : deadline;
  }

  private next(): number {
    const { vcpu, cpu } = this.parts;
    vcpu.timeOffset = this.time - this.paths.clock;
    if (this.isLeaving) return this.leaveCpu();
    if (this.arrival !== null) return this.comeIn(this.arrival);
    if (vcpu.halted) return this.halted();
    this.serveRequests();
    const stepped = this.hasExited || this.timerExpires() || this.takesInterrupt() ? STEPPED.DONE : this.proceed();
    cpu.flushHits();
    return stepped;
  }

  private proceed(): number {
    const { program } = this;
    if (program === null) return STEPPED.ENDED;
    if (this.pauseLeft > 0) return this.pause(this.pauseLeft);
    const at = program.next();
    if (at === PROGRAM_ENDED) return STEPPED.ENDED;
    return at === HANDLER_ENDED ? this.leaveHandler() : this.record(at);
  }

  /** An IPI for this vCPU reaches it; `byCpu`: the sender's CPU has posted it, and nobody else wakes the vCPU. */
  interrupted(vector: number, now: number, byCpu = false): void {
    const { vcpu } = this.parts;
    if (byCpu && vcpu.halted && this.polling.sleeps && this.blocked !== QUEUED) this.wokenByHost = true;
    vcpu.deliverInterrupt(vector);
    const isOut = this.isOutAt(now);
    this.delivery.came(isOut);
    if (this.blocked === HALTS) this.goOn(now);
    else if (!isOut) this.cut(now);
    else if (vcpu.halted) this.cutShort(now);
  }

  /** What it costs the sender of an IPI to reach this vCPU as it is now. Nobody waits in rcuwait_wake_up() while its thread polls, or is on its way there. */
  chargeSender(sender: Thread): void {
    if (sender === this || this.ended) return;
    if (this.parts.vcpu.halted) {
      if (this.polling.sleeps && this.blocked !== QUEUED) sender.paths.add(STEP.kvm_vcpu_wake_up);
    } else if (!this.isOutAt(sender.time)) sender.paths.add(STEP.kvm_vcpu_kick);
  }

  protected override settle(): void {
    if (this.paused === 0) return;
    this.paths.addMany(STEP['guest.pause'], this.paused);
    this.paths.end();
    this.paused = 0;
  }

  /** Loaded on a CPU of the host. */
  get isRunning(): boolean {
    const { halted } = this.parts.vcpu;
    return !this.isOff && !(halted && this.polling.sleeps) && this.blocked !== QUEUED;
  }

  private isOutAt(now: number): boolean {
    return this.parts.vcpu.halted || this.isOff || this.blocked === QUEUED || (this.exited && this.time > now);
  }

  /** The guest computes; what reaches the vCPU meanwhile cuts it short, and the rest follows later. */
  private pause(cycles: number): number {
    const { apic } = this.parts.vcpu;
    const until = apic === null || apic.deadline === 0 ? cycles : Math.ceil(apic.deadline - this.time);
    this.paused = Math.max(0, Math.min(cycles, until));
    this.pauseLeft = cycles - this.paused;
    this.idle = this.paused;
    return STEPPED.DONE;
  }

  private cut(now: number): void {
    if (this.paused === 0) return;
    const left = this.cutShort(now);
    this.paused -= left;
    this.pauseLeft += left;
  }

  /** HLT with nothing pending: the thread polls, goes to sleep, and is blocked, until an IPI or the timer comes. */
  private halted(): number {
    const { vcpu, paths } = this.parts;
    const { polling } = this;
    const apic = vcpu.apic!;
    vcpu.expireTimer(STEP.apic_timer_fn);
    if (apic.hasInterrupt()) this.wake();
    else if (polling.begins(this.time, this.hostCpus?.isCalm)) this.idle = this.upToDeadline(polling.limit);
    else if (polling.fallsAsleep(this.time)) {
      vcpu.sleep();
      paths.end();
      polling.asleep(this.time + this.timeline.soFar);
    } else if (apic.deadline === 0) this.blocked = HALTS;
    else this.idle = this.upToDeadline(Infinity);
    return STEPPED.DONE;
  }

  /** With fewer CPUs of the host than vCPUs: it runs, or could. */
  get wantsCpu(): boolean {
    const { vcpu } = this.parts;
    if (!vcpu.halted || !this.polling.sleeps) return true;
    const { apic } = vcpu;
    return apic!.hasInterrupt() || (apic!.deadline !== 0 && apic!.deadline <= this.time);
  }

  get canLeave(): boolean {
    return !this.parts.vcpu.halted;
  }

  get isArriving(): boolean {
    return this.arrival !== null;
  }

  sliceEnds(now: number): void {
    this.wasInGuest = !this.isOutAt(now);
    if (this.wasInGuest) this.cut(now);
  }

  leaves(): void {
    this.isLeaving = true;
  }

  othersWait(now: number): void {
    if (this.polling.stops(now)) this.cutShort(now);
  }

  arrives(now: number, arrival: Arrival, queued: number): void {
    this.queued = this.parts.vcpu.halted ? queued : 0;
    this.waits.add('schedule', queued);
    if (this.isOff || arrival.loads || arrival.moved) this.arrival = arrival;
    if (this.blocked === QUEUED) this.goOn(now);
  }

  /** Others wait for the CPU: out of the guest by the tick's interrupt, if it is in there, and off. */
  private leaveCpu(): number {
    const { vcpu, paths } = this.parts;
    this.isLeaving = false;
    if (this.wasInGuest) this.delivery.tick(this.line);
    schedOut(vcpu);
    paths.end();
    this.isOff = true;
    return STEPPED.SWITCHED;
  }

  /** On a CPU again, and back into the guest where the tick had brought it out. */
  private comeIn(arrival: Arrival): number {
    const { vcpu, cpu, paths } = this.parts;
    this.arrival = null;
    if (this.isOff) {
      schedIn(vcpu, arrival);
      if (this.wasInGuest) {
        vcpu.enter();
        cpu.enterGuest();
      }
    } else loadOnCpu(vcpu, arrival);
    paths.end();
    this.isOff = false;
    return STEPPED.SWITCHED;
  }

  private wake(): void {
    const { vcpu, cpu, paths } = this.parts;
    if (this.wokenByHost) paths.add(STEP.pi_wakeup_handler);
    this.wokenByHost = false;
    if (this.polling.woken(this.time, this.waits, this.queued)) vcpu.wake();
    else {
      vcpu.halted = false;
      vcpu.enter();
    }
    this.queued = 0;
    cpu.enterGuest();
    paths.end();
  }

  /** So many cycles, or as many as the timer has left. */
  private upToDeadline(cycles: number): number {
    const { deadline } = this.parts.vcpu.apic!;
    return deadline === 0 ? cycles : Math.min(cycles, Math.max(1, Math.ceil(deadline - this.time)));
  }

  /** The deadline has passed while the guest runs: the preemption timer's exit, or the host's timer interrupt. */
  private timerExpires(): boolean {
    const { vcpu } = this.parts;
    const { apic } = vcpu;
    if (apic === null || apic.deadline === 0 || apic.deadline > this.time) return false;
    this.delivery.timerExit(this.line);
    return true;
  }

  private takesInterrupt(): boolean {
    const { program } = this;
    const vector = program === null ? -1 : this.delivery.next(this.line);
    if (vector < 0) return false;
    const { vcpu, paths } = this.parts;
    vcpu.interruptsOff = true;
    this.interruptedPauses.push(this.pauseLeft);
    this.pauseLeft = 0;
    paths.add(STEP['guest.irq_delivery']);
    paths.end();
    if (program!.handles(vector)) program!.interrupt(vector);
    else this.leaveHandler();
    return true;
  }

  /** EOI, by the CPU with APICv or AVIC and else by a WRMSR that exits, and IRET. */
  private leaveHandler(): number {
    const { vcpu, paths } = this.parts;
    if (vcpu.apic !== null) {
      if (vcpu.kvm.apicv) {
        paths.add(STEP['guest.wrmsr_eoi']);
        vcpu.apic.eoi();
      } else {
        this.insn.clear(OP.WRMSR, 0, 0, MSR.X2APIC_EOI);
        this.execute(this.line);
      }
    }
    paths.add(STEP['guest.iret']);
    paths.end();
    this.pauseLeft = this.interruptedPauses.pop() ?? 0;
    if (vcpu.interruptsOn()) this.delivery.windowExit();
    return STEPPED.DONE;
  }

  /** Something was asked of the vCPU just now: a kick brings it out, unless it is out already. */
  asked(now: number): void {
    if (this.wasAsked || !this.parts.vcpu.hasRequests) return;
    this.wasAsked = true;
    this.isOut = this.isOutAt(now);
    if (!this.isOut) this.cut(now);
  }

  /** The host has asked something of the vCPU: served, and paid for as a kick where the vCPU was in the guest. */
  serveRequests(): void {
    const { vcpu } = this.parts;
    const { hostPaths } = vcpu.kvm;
    vcpu.serveRequests(this.isOut);
    this.wasAsked = false;
    this.isOut = false;
    // The last vCPU to leave a root has it freed; the host pays.
    if (hostPaths.node !== 0) hostPaths.end();
  }

  private record(at: number): number {
    const records = this.records();
    const header = records[at]! | 0;
    const code = codeOf(header);
    const line = lineOf(header);
    this.line = line;
    const first = records[at + 1]!;
    switch (code) {
      case RECORD.PAUSE:
        return this.pause(first);
      case RECORD.KICK:
      case RECORD.BELL_READ:
      case RECORD.BELL_ADD:
        this.ring(code, first, records[at + 2]!, line);
        return STEPPED.DONE;
      case RECORD.PARALLEL:
        if (sizeOf(header) !== PARALLEL.TOGETHER) return this.waitFor(at, line, sizeOf(header) === PARALLEL.HALT_UNTIL);
        this.machine.stopAt('cpu.together() inside cpu.together()', line);
        return STEPPED.DONE;
      case RECORD.HOST:
        this.machine.stopAt(
          'what the host does beside the vCPUs belongs into the second argument of cpu.together()',
          line,
        );
        return STEPPED.DONE;
      default:
        decodeInstruction(header, records, at, this.insn);
        this.execute(line);
        return STEPPED.DONE;
    }
  }

  /** One round of a loop that waits for a value: load, comparison, PAUSE or HLT. */
  private waitFor(at: number, line: number, halts: boolean): number {
    const records = this.records();
    const address = records[at + 1]!;
    const value = records[at + 2]!;
    const bytes = records[at + 3]!;
    const { insn } = this;
    insn.clear(OP.READ, bytes, Math.floor(address / 0x1_0000_0000) | 0, address | 0);
    this.execute(line);
    const hi = bytes === 8 ? insn.result[1]! : 0;
    const mask = bytes >= 4 ? -1 : (1 << (8 * bytes)) - 1;
    const found = (insn.result[0]! & mask) === ((value | 0) & mask);
    if (found && (bytes < 8 || hi === (Math.floor(value / 0x1_0000_0000) | 0))) return STEPPED.DONE;
    this.program!.again();
    if (halts) {
      insn.clear(OP.HLT, 0, 0, 0);
      this.execute(line);
      return STEPPED.DONE;
    }
    this.paths.add(STEP['guest.spin']);
    this.paths.end();
    return STEPPED.SPUN;
  }

  private ring(code: number, id: number, value: number, line: number): void {
    const bell = this.machine.parts.doorbells[id]!;
    const { insn } = this;
    if (bell.space !== 'pio') {
      fillKick(insn, code, bell, value);
      return this.execute(line);
    }
    if (code !== RECORD.KICK) {
      fillPort(insn, OP.IN, bell, 0);
      this.execute(line);
    }
    if (code === RECORD.BELL_READ) return;
    fillPort(insn, OP.OUT, bell, value);
    this.execute(line);
  }

  private execute(line: number): void {
    const { other, machine, insn } = this;
    this.instructions++;
    if (other === null) return machine.carryOutAt(insn, line);
    other.carryOutNow(insn, line, machine.notes);
    if (other.problem !== '') machine.stopAt(`${this.name}: ${other.problem}`, line);
  }
}
