import type { StateSet } from '../../base/state.ts';
import { STEP } from '../../cost/steps.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';

const PENDING = 0;
const INJECTED = 1;
const INTERRUPTS_OFF = 2;
const WINDOW = 3;
const WORDS = 4;

/**
 * How interrupts of a vCPU's local APIC get into the guest (O2, O8): by kvm_check_and_inject_events() before an entry, or by the CPU itself with
 * APICv and AVIC. One that the guest does not take yet, because RFLAGS.IF is clear, waits for an interrupt window: the CPU exits as soon as the
 * guest would take it. One that PPR holds back waits for the EOI, which asks for the injection anew. (arch/x86/kvm/x86.c, lapic.c)
 */
export class EventInjection {
  private readonly vcpu: Vcpu;
  private readonly words = new Int32Array(WORDS);

  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
    this.words[INJECTED] = -1;
  }

  register(state: StateSet): void {
    state.addState(() => [this.words]);
  }

  /** KVM_REQ_EVENT: the next entry looks at the APIC. */
  get requested(): boolean {
    return this.words[PENDING] !== 0;
  }

  /** The guest takes no interrupts (RFLAGS.IF clear, or in a handler). */
  get interruptsOff(): boolean {
    return this.words[INTERRUPTS_OFF] !== 0;
  }

  set interruptsOff(value: boolean) {
    this.words[INTERRUPTS_OFF] = value ? 1 : 0;
  }

  /** The guest takes interrupts again. True when the CPU exits at once: KVM asked for the window. */
  opensWindow(): boolean {
    this.interruptsOff = false;
    return this.words[WINDOW] !== 0;
  }

  /** The vector that the guest took at the last entry, given once; -1 for none. */
  takeInjected(): number {
    const vector = this.words[INJECTED]!;
    this.words[INJECTED] = -1;
    return vector;
  }

  /** An interrupt from within the kernel: the APIC gets it, or, with APICv or AVIC, it is posted. */
  deliver(vector: number): void {
    const { apic, kvm } = this.vcpu;
    if (apic === null) return;
    if (kvm.apicv) apic.post(vector);
    else if (apic.deliver(vector)) this.words[PENDING] = 1;
  }

  /** EOI or a lower TPR: what PPR held back may go in now (apic_update_ppr). */
  priorityFell(): void {
    const { apic, kvm } = this.vcpu;
    if (!kvm.apicv && apic!.nextVector() >= 0) this.words[PENDING] = 1;
  }

  /** kvm_check_and_inject_events(): the next interrupt goes into this entry, unless the CPU delivers it itself. */
  inject(): void {
    const { words, vcpu } = this;
    const { apic, kvm, paths } = vcpu;
    if (kvm.apicv) return this.takePosted();
    if (words[PENDING] === 0) return;
    words[PENDING] = 0;
    // One that went in with an entry before is taken first, and its handler runs with interrupts off.
    if (this.interruptsOff || words[INJECTED] !== -1) return this.requestWindow();
    const vector = apic!.acceptOne();
    if (vector < 0) return;
    paths.add(STEP.kvm_check_and_inject_events);
    words[INJECTED] = vector;
  }

  /** An interrupt came after this entry's look at the APIC, and before the guest ran: it goes in all the same. Its vector, or -1. */
  injectLate(): number {
    this.inject();
    return this.takeInjected();
  }

  /** vmx_sync_pir_to_irr() before an entry with APICv: the CPU delivers the highest vector itself. */
  takePosted(): void {
    const { words, vcpu } = this;
    const { apic, kvm, paths } = vcpu;
    if (!kvm.apicv) return;
    // AVIC: senders write the IRR itself, there is nothing to move.
    if (apic!.syncPosted() && kvm.isIntel) paths.add(STEP.vmx_sync_pir_to_irr);
    if (words[INJECTED] === -1 && !this.interruptsOff) words[INJECTED] = apic!.acceptOne();
  }

  /** handle_interrupt_window(), interrupt_window_interception(): the guest would take an interrupt now, so the next entry injects it. */
  closeWindow(): void {
    const { paths, blocks, kvm } = this.vcpu;
    this.words[WINDOW] = 0;
    this.words[PENDING] = 1;
    paths.add(blocks.interruptWindow);
    kvm.stats[STAT.irq_window_exits]!++;
  }

  /** vmx_enable_irq_window(), svm_enable_irq_window(), unless nothing waits but what PPR holds back. */
  private requestWindow(): void {
    const { words, vcpu } = this;
    if (words[WINDOW] !== 0 || vcpu.apic!.nextVector() < 0) return;
    words[WINDOW] = 1;
    vcpu.paths.add(vcpu.blocks.enableWindow);
  }
}
