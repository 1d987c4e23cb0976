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
  /** An IPI of the host's is on its way to the CPU, to bring the vCPU out of the guest. */
  private kicked = false;
  private readonly insn = new Instruction();

  constructor(machine: Machine, parts: VcpuParts) {
    this.machine = machine;
    this.parts = parts;
  }

  /** An interrupt has come; `isOut`: the vCPU is out of the guest. */
  came(isOut: boolean): void {
    this.wasOut = isOut;
    this.kicked = !isOut && !this.parts.vcpu.kvm.apicv;
  }

  /** The vector that the guest takes now, or -1; whatever brings it in is counted. */
  next(line: number): number {
    const { vcpu, paths } = this.parts;
    const { apic, kvm } = vcpu;
    if (apic === null) return -1;
    if (vcpu.interruptsOff) {
      // The kick's own interrupt is the host's: it brings the vCPU out whatever the guest takes.
      if (this.kicked) this.hostInterrupt(STEP.handle_external_interrupt_irqoff, line);
      this.kicked = false;
      return -1;
    }
    this.kicked = false;
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
    const { vcpu } = this.parts;
    if (vcpu.kvm.hvTimer) this.exit(EXIT_REASON.PREEMPTION_TIMER);
    else this.hostInterrupt(STEP.apic_timer_fn, line);
  }

  /** The guest takes interrupts again, and KVM waits for that with one. */
  windowExit(): void {
    this.exit(this.parts.vcpu.kvm.isIntel ? EXIT_REASON.INTERRUPT_WINDOW : SVM_EXIT.VINTR);
  }

  private exit(reason: number): void {
    const { vcpu, cpu, paths } = this.parts;
    const { exit } = cpu;
    exit.reason = reason;
    exit.qualification = 0;
    exit.vectoring = 0;
    this.machine.exits[reason]!++;
    paths.add(STEP['hw.vmexit']);
    vcpu.handleExit(exit, this.insn);
    cpu.enterGuest();
    paths.end();
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
