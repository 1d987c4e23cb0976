import { err, ok, type Result } from '../base/result.ts';
import type { GuestKernel } from '../guest/kernel/kernel.ts';
import type { KernelOp } from '../guest/kernel/ops.ts';
import type { HostOp, SetupOp } from '../guest/setup.ts';
import { buildMachine } from '../machine/build.ts';
import { exitName } from '../machine/exit-names.ts';
import type { EventColumns } from '../events/recorder.ts';
import { inspectHost, inspectMachine } from '../machine/inspect.ts';
import type { LineCount } from '../machine/line-counts.ts';
import type { Machine, Problem } from '../machine/machine.ts';
import type { Note } from '../machine/notes.ts';
import type { Trace } from '../machine/tracer.ts';
import { nameSteps } from './pricing.ts';
import type { Configuration, RunResult, TimedResult } from './result.ts';
import { checkSwitches } from './switches.ts';

export interface RunOptions {
  /** Run the reference beside the machine; default true. */
  readonly check?: boolean;
  /** Number of one access, counted from 1, to record step by step. */
  readonly trace?: number;
  /** Interrupt controllers and timer in the kernel, as QEMU has them; default false. */
  readonly irqchip?: boolean;
  /** Note accesses and exits by script line, and the first access of each path; default false. */
  readonly details?: boolean;
  /** Events of the whole run to keep, the last so many; default none. Not together with `trace`. */
  readonly events?: number;
  /** Cycles by step id that the simulated clock goes by; default the CPU model's best values. */
  readonly prices?: readonly number[];
  /** With `trace`: look at the machine before and after the access, and stop after it. */
  readonly inspect?: boolean;
}

/** Builds the machine of a configuration with the script's set-up done, or says in one sentence why it cannot be. */
export function prepare(
  configuration: Configuration,
  setup: readonly SetupOp[],
  options: RunOptions = {},
): Result<Run, string> {
  const switches = checkSwitches(configuration.switches);
  if (!switches.ok) return switches;
  const machine = buildMachine({ ...configuration, switches: switches.value }, setup, {
    check: options.check ?? true,
    trace: options.trace ?? null,
    irqchip: options.irqchip ?? false,
    details: options.details ?? false,
    events: options.events ?? 0,
    ...(options.prices === undefined ? {} : { prices: options.prices }),
  });
  if (!machine.ok) return err(machine.error);
  const run = new Run(configuration, machine.value);
  if (options.inspect === true) run.stopAfterTrace();
  return ok(run);
}

/** One run of one configuration: access records in, counts out. */
export class Run {
  readonly configuration: Configuration;
  private readonly machine: Machine;
  private inspects = false;

  constructor(configuration: Configuration, machine: Machine) {
    this.configuration = configuration;
    this.machine = machine;
  }

  /** Takes a host operation; the number goes into a HOST record. */
  addHostOp(op: HostOp): number {
    return this.machine.addHostOp(op);
  }

  /** Takes the name of a phase; the number goes into a HOST record. */
  addPhase(name: string): number {
    return this.machine.addPhase(name);
  }

  /** Takes what the guest's kernel is to do; the number goes into a HOST record. */
  addKernelOp(op: KernelOp): number {
    return this.machine.addKernelOp(op);
  }

  /** The guest's kernel, for whoever looks into it; null without one. */
  get guestKernel(): GuestKernel | null {
    return this.machine.kernel?.kernel ?? null;
  }

  /** Counters of the guest's kernel by their names in /proc/vmstat; null without one. */
  vmstat(): Readonly<Record<string, number>> | null {
    return this.machine.kernel?.vmstat() ?? null;
  }

  /** Carries out the complete records of [0, length); see core/guest/records.ts. */
  run(records: Float64Array, length: number): void {
    this.machine.run(records, length);
  }

  /** Destination of the last instruction that had one, as two words. */
  get resultHi(): number {
    return this.machine.resultHi;
  }

  get resultLo(): number {
    return this.machine.resultLo;
  }

  /** errno of the last host operation, 0 for success. */
  get lastErrno(): number {
    return this.machine.lastErrno;
  }

  /** The last fault the guest took; vector -1 when there was none. */
  get lastFault(): Machine['lastFault'] {
    return this.machine.lastFault;
  }

  /** What stopped the vCPU, or null. */
  get problem(): Problem | null {
    return this.machine.problem;
  }

  /** True once nothing more can run, or is wanted. */
  get stop(): boolean {
    return this.machine.problem !== null || (this.inspects && this.trace !== null);
  }

  /** Looks at the machine around the traced access, and wants no more after it. */
  stopAfterTrace(): void {
    const { tracer, parts } = this.machine;
    this.inspects = true;
    if (tracer === null) return;
    tracer.look = (insn) => inspectMachine(parts, insn);
    tracer.lookAtHost = () => inspectHost(parts);
  }

  /** Calls this now and then while a long loop runs. */
  onPulse(pulse: () => void): void {
    this.machine.pulse = pulse;
  }

  /** Number of the first access on each path of the result; exact with `details`. */
  firsts(): number[] {
    this.machine.parts.cpu.flushHits();
    const { parts, smp } = this.machine;
    const firsts = parts.paths.firsts();
    // Paths that vCPU 0 never took have no access of a number.
    return smp === null ? firsts : smp.rows().map((_row, n) => firsts[n] ?? 0);
  }

  /** Accesses and exits by script line; empty without `details`. */
  lines(): LineCount[] {
    return this.machine.details?.lines.list() ?? [];
  }

  /** Events of the run; null unless they were asked for. */
  events(): EventColumns | null {
    return this.machine.details?.recordsAccesses === true ? this.machine.parts.events.columns() : null;
  }

  /** Instructions carried out, multiplied-out ones included. */
  get accesses(): number {
    return this.machine.accesses;
  }

  /** The access that was to be recorded, once it was carried out. */
  get trace(): Trace | null {
    return this.machine.tracer?.trace ?? null;
  }

  /** Phases are vCPU 0's: what others did while it was in one belongs to none. */
  private phases(): RunResult['phases'] {
    const { smp, phases } = this.machine;
    const list = phases.list();
    if (smp === null) return list;
    const rows = smp.rows();
    return list.map(({ name, counts }) => ({ name, counts: rows.map((_row, n) => counts[n] ?? 0) }));
  }

  /** Counts of the run so far. */
  result(): RunResult {
    const { machine, configuration } = this;
    const { cpu, kvm, vmm, host, paths, hostPaths, reference, model, guestView } = machine.parts;
    cpu.flushHits();
    if (reference !== null && machine.problem === null) reference.checkMemory(guestView);
    return {
      configuration,
      accesses: machine.smp?.accesses ?? machine.accesses,
      paths: nameSteps(machine.smp?.rows() ?? paths.rows()),
      phases: this.phases(),
      hostPaths: nameSteps(hostPaths.rows()),
      stats: nonZero(kvm.statsByName()),
      exits: exitsByName(machine, model.vendor),
      eventfds: host.signals(),
      userspaceExits: vmm.exits[0]! + vmm.exits[1]!,
      divergences: reference === null ? [] : reference.log.list(),
      notes: [...machine.notes.list(), ...(machine.parts.others?.unmet() ?? []), ...idleHostCpus(machine)],
      problem: machine.problem,
      clock: machine.smp?.clock ?? paths.clock,
      checked: reference !== null,
      ...timedPart(machine),
    };
  }
}

function timedPart({ smp }: Machine): { timed?: TimedResult } {
  if (smp === null) return {};
  const { vcpus, ...others } = smp.result();
  return { timed: { vcpus: vcpus.map(({ paths, ...vcpu }) => ({ ...vcpu, paths: nameSteps(paths) })), ...others } };
}

/** Why the switch hostCpus, where it is given, changed nothing of this run. */
function idleHostCpus({ parts: { hostCpus }, vcpuCount, smp }: Machine): Note[] {
  if (hostCpus === null || (hostCpus.count < vcpuCount && smp !== null)) return [];
  const why =
    vcpuCount === 1
      ? 'there is one vCPU'
      : hostCpus.count >= vcpuCount
        ? `each of the ${vcpuCount} vCPUs has a CPU of its own`
        : 'the vCPUs never run at the same time (cpu.together)';
  return [{ what: `hostCpus ${hostCpus.count} changes nothing: ${why}`, line: 0, count: 1 }];
}

const nonZero = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

function exitsByName(machine: Machine, vendor: 'intel' | 'amd'): Record<string, number> {
  const counts: Record<string, number> = {};
  machine.exits.forEach((count, reason) => {
    if (count > 0) counts[exitName(vendor, reason)] = count;
  });
  return counts;
}
