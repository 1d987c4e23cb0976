import { STEP } from '../../cost/steps.ts';
import { Instruction } from '../../guest/instruction.ts';
import { externalInterrupt, interruptExit } from '../../kvm/run-loop/host-events.ts';
import { EXIT_REASON, SVM_EXIT } from '../../spec/vm-exit.ts';
import type { Machine } from '../machine.ts';
import type { OtherVcpuParts } from '../other-vcpu.ts';

type VcpuParts = Pick<OtherVcpuParts, 'cpu' | 'vcpu' | 'paths'>;

/**
 * How an interrupt reaches a vCPU that runs: with APICv or AVIC the CPU takes what was posted; without, a kick brings it out, and the interrupt
 * goes in with the next entry. One that came while the vCPU was out goes in with the entry that it was on its way to.
 */
export class InterruptDelivery {
  private readonly machine: Machine;
  private readonly parts: VcpuParts;
  private wasOut = false;
  private readonly insn = new Instruction();

  constructor(machine: Machine, parts: VcpuParts) {
    this.machine = machine;
    this.parts = parts;
  }

  /** An interrupt has come; `isOut`: the vCPU is out of the guest. */
  came(isOut: boolean): void {
    this.wasOut = isOut;
  }

  /** The vector that the guest takes now, or -1; whatever brings it in is counted. */
  next(line: number): number {
    const { vcpu, paths } = this.parts;
    const { apic, kvm } = vcpu;
    if (apic === null || vcpu.interruptsOff) return -1;
    const injected = vcpu.takeInjected();
    if (injected >= 0 || !apic.hasInterrupt()) return injected;
    const { wasOut } = this;
    this.wasOut = false;
    if (kvm.apicv && !wasOut) {
      apic.syncPosted();
      return apic.acceptOne();
    }
    if (!wasOut) this.hostInterrupt(STEP.handle_external_interrupt_irqoff, line);
    else {
      const vector = vcpu.injectLate();
      paths.end();
      return vector;
    }
    return vcpu.takeInjected();
  }

  /** The timer's exit: preemption timer, or an interrupt of the host's hrtimer. */
  timerExit(line: number): void {
    const { vcpu, cpu, paths } = this.parts;
    const { machine } = this;
    if (vcpu.kvm.hvTimer) {
      const { exit } = cpu;
      exit.reason = EXIT_REASON.PREEMPTION_TIMER;
      exit.qualification = 0;
      exit.vectoring = 0;
      machine.exits[exit.reason]!++;
      paths.add(STEP['hw.vmexit']);
      vcpu.handleExit(exit, this.insn);
      cpu.enterGuest();
      paths.end();
    } else this.hostInterrupt(STEP.apic_timer_fn, line);
  }

  /** The host's tick brings the vCPU out of the guest; its path goes on. */
  tick(line: number): void {
    this.serve(interruptExit, STEP.handle_external_interrupt_irqoff, line);
  }

  /** An exit that the host serves as its own interrupt: the kick's IPI, the hrtimer. */
  private hostInterrupt(handler: number, line: number): void {
    const { cpu, paths } = this.parts;
    this.serve(externalInterrupt, handler, line);
    cpu.enterGuest();
    paths.end();
  }

  private serve(exit: typeof externalInterrupt, handler: number, line: number): void {
    const { vcpu } = this.parts;
    const { exits, parts } = this.machine;
    exits[vcpu.kvm.isIntel ? EXIT_REASON.EXTERNAL_INTERRUPT : SVM_EXIT.INTR]!++;
    const event = exit(vcpu, handler);
    parts.reference?.hostEvent('external-interrupt', event.served, event.withGuestState, line);
  }
}
