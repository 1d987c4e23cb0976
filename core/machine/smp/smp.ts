import { type PathRow, toSixteenth } from '../../cost/paths.ts';
import { HOST_THREAD, HOST_THREADS } from '../../guest/parallel.ts';
import { argsOf, lineOf } from '../decode.ts';
import type { IpiPort } from '../../kvm/lapic/ipi-port.ts';
import type { Machine } from '../machine.ts';
import { HostCpus, QUEUED } from './host-cpus.ts';
import { HostThread } from './host-thread.ts';
import { IpiVirtualization } from './ipi-virtualization.ts';
import { LockMoments } from './lock-moments.ts';
import { mergeRows } from './merge-rows.ts';
import { needsApic, Program } from './program.ts';
import { HALTS, STEPPED, type Thread } from './thread.ts';
import { SpinAhead } from './spin-ahead.ts';
import type { TimedPart } from './timed.ts';
import { VcpuThread } from './vcpu-thread.ts';

/** An IPI's moment: it was sent by the CPU, without an exit. */
const BY_CPU = 1 << 16;
/** Steps between two signs of life. */
const PULSE = 4096;

/**
 * The vCPUs of a machine, and the VMM's own thread, at the same time. There is no concurrency in it: whoever has the smallest clock goes next, on
 * equal clocks the lowest number. Two runs of the same programs on the same machine are the same, and with other prices they may differ.
 */
export class Smp implements IpiPort {
  /** True while programs run. */
  running = false;
  private readonly machine: Machine;
  private readonly vcpus: readonly VcpuThread[];
  private readonly hosts: HostThread[] = [];
  private readonly locks: LockMoments;
  /** Null while each vCPU has a CPU of its own. */
  private readonly hostCpus: HostCpus | null;
  private records: Float64Array = new Float64Array(0);
  /** Null where spinning is short, since each vCPU has a CPU, and in a round that is to be multiplied out. */
  private ahead: SpinAhead | null;
  /** Clock of vCPU 0 when the last programs had ended, and the time it was then. */
  private clockThen = 0;
  private timeThen = 0;
  /** Steps that may have changed what others wait for. */
  private progress = 0;
  private steps = 0;

  constructor(machine: Machine) {
    const records = (): Float64Array => this.records;
    const others = machine.parts.others?.list ?? [];
    this.machine = machine;
    this.vcpus = [null, ...others].map((other) => new VcpuThread(machine, other, records));
    this.locks = new LockMoments(machine.parts.kvm.policy, machine.parts.model);
    this.hostCpus = hostCpusOf(machine);
    this.ahead = this.hostCpus === null ? null : new SpinAhead(machine);
    for (const vcpu of this.vcpus) vcpu.hostCpus = this.hostCpus;
    this.locks.readers = (but) => this.vcpus.filter((vcpu) => vcpu !== but && vcpu.readsSrcu);
  }

  /** Carries out the programs of a TOGETHER record until all have ended. Returns the position behind them. */
  run(records: Float64Array, at: number): number {
    const { machine, locks } = this;
    const { kvm, cpu, paths } = machine.parts;
    this.records = records;
    cpu.flushHits();
    const now = this.timeThen + paths.clock - this.clockThen;
    const { threads, end } = this.assign(at);
    if (machine.problem !== null) return end;
    for (const thread of threads) thread.begin(now);
    this.hostCpus?.begin(
      this.vcpus.filter((vcpu) => threads.includes(vcpu)),
      now,
    );
    kvm.locks = locks;
    kvm.ipis = this;
    if (machine.parts.ipiVirtualization) for (const vcpu of this.vcpus) vcpu.parts.cpu.icr = this.icrOf(vcpu);
    this.running = true;
    this.goOn(threads, lineOf(records[at]! | 0));
    this.running = false;
    kvm.locks = null;
    kvm.ipis = null;
    for (const vcpu of this.vcpus) vcpu.parts.cpu.icr = null;
    this.timeThen = threads.reduce((latest, { time }) => Math.max(latest, time), now);
    this.clockThen = paths.clock;
    return end;
  }

  /** vCPU 0 goes on by itself. What was asked of it after its program's end is served first; the others serve it before they run again. */
  goesOn(): void {
    if (this.machine.parts.vcpu.hasRequests) this.vcpus[0]!.serveRequests();
  }

  /** Instructions of all vCPUs, those of the script before and after its programs included. */
  get accesses(): number {
    const beside = this.vcpus.reduce((sum, { id, instructions }) => (id === 0 ? sum : sum + instructions), 0);
    return this.machine.accesses + beside;
  }

  /** Cycles of all vCPUs' paths, without waits. */
  get clock(): number {
    return this.vcpus.reduce((sum, { paths }) => sum + paths.clock, 0);
  }

  /** The paths of all vCPUs; vCPU 0's come first, in their order. */
  rows(): PathRow[] {
    return mergeRows(this.vcpus.map(({ paths }) => paths.rows()));
  }

  /** What the run's result says of the threads. */
  result(): TimedPart {
    return {
      vcpus: this.vcpus.map(({ id, instructions, waits, time, paths }) => ({
        id,
        instructions,
        paths: paths.rows(),
        waits: waits.list(),
        clock: time,
        ...(this.hostCpus === null ? {} : { scheduling: this.hostCpus.scheduling({ id }) }),
      })),
      host: this.hosts.map(({ waits, time }) => ({ waits: waits.list(), clock: time })),
      ...(this.hostCpus === null ? {} : { hostCpus: { busy: this.hostCpus.busy } }),
    };
  }

  /** Gives each thread its program. */
  private assign(at: number): { threads: Thread[]; end: number } {
    const { records, machine } = this;
    const threads: Thread[] = [];
    let from = at + 1 + argsOf(records[at]! | 0);
    for (let left = records[at + 1]!; left > 0; left--) {
      const line = lineOf(records[from]! | 0);
      const id = records[from + 1]!;
      const to = from + 3 + records[from + 2]!;
      const lost = machine.parts.vcpu.apic === null ? needsApic(records, from + 3, to) : null;
      if (lost !== null)
        machine.stopAt(`cpu.${lost.name}() needs vm.lapic(): without a local APIC no interrupt arrives`, lost.line);
      const thread = id > HOST_THREAD - HOST_THREADS ? this.hostThread(HOST_THREAD - id) : this.vcpus[id];
      if (thread === undefined)
        machine.stopAt(`there is no vCPU ${id} for this program: vm.vcpus() says how many there are`, line);
      else {
        thread.program = new Program(records, from + 3, to);
        threads.push(thread);
      }
      from = to;
    }
    return { threads, end: from };
  }

  private hostThread(n: number): HostThread {
    return (this.hosts[n] ??= new HostThread(this.machine, this.vcpus.length + n, () => this.records));
  }

  private goOn(threads: readonly Thread[], line: number): void {
    const { machine, hostCpus } = this;
    while (machine.problem === null) {
      const next = earliest(threads);
      const sliceEnd = hostCpus === null ? Infinity : hostCpus.nextEnd;
      if (hostCpus !== null && sliceEnd < (next?.time ?? Infinity)) {
        hostCpus.endSlices(sliceEnd);
        continue;
      }
      if (next === null) {
        if (threads.some(({ ended }) => !ended)) machine.stopAt(deadlock(threads), line);
        return;
      }
      const { moment } = next;
      if (moment?.what === 'ipi') this.arrive(next, moment.lock);
      else if (moment !== null) this.locks.perform(next, moment);
      else if (next instanceof VcpuThread && hostCpus !== null && hostCpus.holdsBack(next))
        this.locks.leaves(next, next.time);
      else this.step(next, threads, line);
      if (++this.steps % PULSE === 0) machine.pulse();
    }
  }

  /** An IPI was decided on by the exit that is being handled: it arrives when that exit has come so far. */
  send(_from: number, to: number, vector: number): void {
    const { current } = this.locks;
    if (current === null) return;
    this.vcpus[to]?.chargeSender(current);
    current.timeline.note('ipi', to + vector * 256);
  }

  isRunning(vcpu: number): boolean {
    return this.vcpus[vcpu]!.isRunning;
  }

  private icrOf(vcpu: VcpuThread): IpiVirtualization {
    return new IpiVirtualization(vcpu, this.vcpus, (to, vector) =>
      this.locks.current?.timeline.note('ipi', to + vector * 256 + BY_CPU),
    );
  }

  private arrive(sender: Thread, ipi: number): void {
    this.progress++;
    this.vcpus[ipi & 255]!.interrupted((ipi >> 8) & 255, sender.time, ipi >= BY_CPU);
    sender.pass();
  }

  private step(thread: Thread, threads: readonly Thread[], line: number): void {
    const now = thread.time;
    this.locks.leaves(thread, now);
    this.locks.current = thread;
    const stepped = thread.step();
    this.locks.current = null;
    if (stepped === STEPPED.SPUN) thread.spunAt = this.progress;
    else if (stepped !== STEPPED.SWITCHED) this.progress++;
    if (stepped === STEPPED.ENDED) thread.ended = true;
    if (thread.ended || thread.blocked === HALTS) this.hostCpus?.gone(thread, thread.time);
    for (const vcpu of this.vcpus) {
      if (vcpu === thread) continue;
      vcpu.absorb();
      vcpu.asked(now);
    }
    if (stepped !== STEPPED.SPUN) return;
    if (threads.every((one) => this.waitsForEver(one))) this.machine.stopAt(deadlock(threads), line);
    else if (this.ahead !== null && thread instanceof VcpuThread) this.spinOn(this.ahead, thread, threads, line);
  }

  /** It will find nothing new until somebody else does something, or a slice is over. */
  private spinOn(ahead: SpinAhead, thread: VcpuThread, threads: readonly Thread[], line: number): void {
    const hostCpus = this.hostCpus!;
    if (hostCpus.isSwitching(thread)) return;
    let until = hostCpus.nextEnd;
    for (const one of threads) {
      if (one.ended) continue;
      if (one instanceof VcpuThread) until = Math.min(until, one.deadline);
      const spins = one.spunAt === this.progress && one.moment === null && !hostCpus.isSwitching(one);
      if (one.blocked === '' && !spins) until = Math.min(until, one.time);
    }
    if (until === Infinity) return this.machine.stopAt(deadlock(threads), line);
    this.ahead = null;
    ahead.spun(thread, until, () => this.step(thread, threads, line));
    this.ahead = ahead;
  }

  /** It has ended, it halts, or it spins and nothing has happened since it looked. */
  private waitsForEver({ ended, blocked, spunAt, moment }: Thread): boolean {
    return ended || blocked === HALTS || (spunAt === this.progress && moment === null);
  }
}

/** Who goes next; null when nobody can. */
function earliest(threads: readonly Thread[]): Thread | null {
  let next: Thread | null = null;
  for (const thread of threads) {
    if (thread.ended || thread.blocked !== '') continue;
    if (next === null || thread.time < next.time || (thread.time === next.time && thread.id < next.id)) next = thread;
  }
  return next;
}

function deadlock(threads: readonly Thread[]): string {
  const waiting = threads.filter(({ ended }) => !ended);
  const each = waiting.map(
    ({ name, blocked }) => `${name} ${blocked === '' || blocked === QUEUED ? 'spins' : blocked}`,
  );
  return `deadlock: ${each.join(', ')}, and nobody is left to change that`;
}

/** The scheduler of the host, where it has fewer CPUs than the VM has vCPUs. */
function hostCpusOf({ parts: { hostCpus, model }, vcpuCount }: Machine): HostCpus | null {
  if (hostCpus === null || hostCpus.count >= vcpuCount) return null;
  return new HostCpus(hostCpus.count, toSixteenth(hostCpus.sliceUs * 1000 * model.ghz));
}
