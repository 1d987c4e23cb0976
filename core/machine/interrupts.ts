import { STEP } from '../cost/steps.ts';
import { Instruction, OP } from '../guest/instruction.ts';
import type { HostEventOp } from '../guest/setup.ts';
import { ERRNO } from '../kvm/io/errno.ts';
import { externalInterrupt, type HostEvent, machineCheck } from '../kvm/run-loop/host-events.ts';
import { EXIT_REASON, SVM_EXIT } from '../spec/vm-exit.ts';
import { MSR } from '../spec/msr.ts';
import type { Machine } from './machine.ts';

/**
 * What reaches vCPU 0 without an instruction of its own: interrupts of its APIC and of the host, the timer's deadline, machine checks. The
 * guest's handler of an interrupt is the shortest there is: EOI, IRET. A deadline that passes between two exits is noticed at the next exit, HLT
 * or `cpu.pause`.
 */
export class Interrupts {
  private readonly machine: Machine;
  private readonly insn = new Instruction();

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** After an instruction: the guest's handler of what the last entry injected. */
  serve(): void {
    const { machine } = this;
    const { vcpu, paths } = machine.parts;
    for (;;) {
      const vector = machine.problem === null ? vcpu.takeInjected() : -1;
      if (vector < 0) return;
      vcpu.interruptsOff = true;
      paths.add(STEP['guest.irq_delivery']);
      this.endOfInterrupt();
      paths.add(STEP['guest.iret']);
      paths.end();
      if (vcpu.interruptsOn()) this.windowExit();
    }
  }

  /** HLT with nothing pending: the vCPU is blocked until its timer fires. */
  halt(): void {
    const { machine } = this;
    const { vcpu, paths } = machine.parts;
    const { apic } = vcpu;
    if (apic === null || apic.deadline === 0) return machine.stop(NOBODY_WAKES);
    const wait = Math.max(0, Math.ceil(apic.deadline - vcpu.now));
    paths.addMany(STEP['guest.hlt_wait'], wait);
    vcpu.expireTimer(STEP.apic_timer_fn);
    if (!apic.hasInterrupt()) return machine.stop(NOBODY_WAKES);
    vcpu.wake();
  }

  /** The guest computes for so many cycles; a deadline that passes meanwhile interrupts it. */
  pause(cycles: number): void {
    const { vcpu, paths } = this.machine.parts;
    let left = cycles;
    while (vcpu.apic !== null && vcpu.apic.deadline !== 0) {
      const until = Math.max(0, Math.ceil(vcpu.apic.deadline - vcpu.now));
      if (until > left) break;
      this.compute(until);
      left -= until;
      this.timerExit();
      this.serve();
      if (this.machine.problem !== null) return;
    }
    this.compute(left);
    // A pause of no cycles is an access still.
    if (cycles === 0) paths.end();
  }

  /** An event of the host's while the guest runs: an exit that nothing of the guest's caused. Returns the errno. */
  host(op: HostEventOp, line: number): number {
    const { kvm, vcpu, paths, cpu } = this.machine.parts;
    if (op.kind === 'machine-check' && op.when === 'entry' && !kvm.isIntel) return ERRNO.EINVAL;
    paths.end();
    const event =
      op.kind === 'external-interrupt'
        ? externalInterrupt(vcpu, STEP.handle_external_interrupt_irqoff)
        : machineCheck(vcpu, op.when);
    this.count(op);
    cpu.enterGuest();
    paths.end();
    this.check(op, event, line);
    this.serve();
    return 0;
  }

  private compute(cycles: number): void {
    const { paths } = this.machine.parts;
    if (cycles === 0) return;
    paths.addMany(STEP['guest.pause'], cycles);
    paths.end();
  }

  /** The VMX preemption timer ends, or the host's timer interrupts. */
  private timerExit(): void {
    const { kvm, vcpu, paths, cpu } = this.machine.parts;
    if (!kvm.hvTimer) {
      const event = externalInterrupt(vcpu, STEP.apic_timer_fn);
      this.count({ kind: 'external-interrupt' });
      this.check({ kind: 'external-interrupt' }, event, 0);
    } else {
      const { exit } = cpu;
      exit.reason = EXIT_REASON.PREEMPTION_TIMER;
      exit.qualification = 0;
      exit.vectoring = 0;
      this.machine.exits[exit.reason]!++;
      paths.add(STEP['hw.vmexit']);
      vcpu.handleExit(exit, this.insn);
    }
    cpu.enterGuest();
    paths.end();
  }

  /** The guest takes interrupts again, and one waits: INTERRUPT_WINDOW (VINTR on AMD). */
  private windowExit(): void {
    const { kvm, vcpu, paths, cpu } = this.machine.parts;
    const { exit } = cpu;
    exit.reason = kvm.isIntel ? EXIT_REASON.INTERRUPT_WINDOW : SVM_EXIT.VINTR;
    exit.qualification = 0;
    exit.vectoring = 0;
    this.machine.exits[exit.reason]!++;
    paths.add(STEP['hw.vmexit']);
    vcpu.handleExit(exit, this.insn);
    cpu.enterGuest();
    paths.end();
  }

  /** EOI: with APICv or AVIC the CPU does it; otherwise it is a WRMSR that exits. */
  private endOfInterrupt(): void {
    const { kvm, vcpu, paths } = this.machine.parts;
    if (kvm.apicv) {
      paths.add(STEP['guest.wrmsr_eoi']);
      vcpu.apic!.eoi();
      return;
    }
    this.insn.clear(OP.WRMSR, 0, 0, MSR.X2APIC_EOI);
    this.machine.carryOut(this.insn);
  }

  private count(op: HostEventOp): void {
    const { kvm } = this.machine.parts;
    const intel = op.kind === 'external-interrupt' ? EXIT_REASON.EXTERNAL_INTERRUPT : checkReason(op.when);
    const amd = op.kind === 'external-interrupt' ? SVM_EXIT.INTR : SVM_EXIT.MC_EXCEPTION;
    this.machine.exits[kvm.isIntel ? intel : amd]!++;
  }

  private check(op: HostEventOp, event: HostEvent, line: number): void {
    this.machine.parts.reference?.hostEvent(op.kind, event.served, event.withGuestState, line);
  }
}

const checkReason = (when: 'guest' | 'entry'): number =>
  when === 'guest' ? EXIT_REASON.EXCEPTION_NMI : EXIT_REASON.MCE_DURING_VMENTRY;

const NOBODY_WAKES =
  'the vCPU halts for ever: no interrupt is pending and no timer is armed whose interrupt could wake it';
