import type { StateSet } from '../../base/state.ts';
import { clearVector, highestVector, setVector, VECTOR_WORDS } from './vectors.ts';

const IRR = 0;
const ISR = IRR + VECTOR_WORDS;
/** Posted-interrupt requests: the PIR of the posted-interrupt descriptor. */
const PIR = ISR + VECTOR_WORDS;
const TPR = PIR + VECTOR_WORDS;
/** The ON bit of the posted-interrupt descriptor. */
const POSTED = TPR + 1;
/** LVT timer: vector in bits 7:0, bit 16 masked. */
const LVTT = POSTED + 1;
const WORDS = LVTT + 1;

const LVT_MASKED = 1 << 16;
/** Vectors 0 to 15 are illegal for interrupts (SDM vol. 3, "Valid Interrupt Vectors"). */
const FIRST_LEGAL = 16;
/** Bits that choose the priority class of a vector. */
const CLASS = 0xf0;

/**
 * The local APIC of one vCPU in x2APIC mode (struct kvm_lapic), as far as the run loop's fast paths, IPIs and halting need it: IRR and
 * ISR, TPR and PPR, EOI, the timer in TSC-deadline mode, and the descriptor by which interrupts are posted. All times are cycles of the
 * vCPU's own clock, which is its TSC. (arch/x86/kvm/lapic.c; SDM vol. 3, "Advanced Programmable Interrupt Controller")
 */
export class LocalApic {
  /** x2APIC ID: the number of the vCPU. */
  readonly id: number;
  private readonly words = new Int32Array(WORDS);
  /** [TSC deadline in cycles, 0 disarmed]. */
  private readonly time = new Float64Array(1);

  constructor(id: number) {
    this.id = id;
    this.words[LVTT] = LVT_MASKED;
  }

  register(state: StateSet): void {
    state.addState(() => [this.words, this.time]);
  }

  /** kvm_lapic_set_irr: the interrupt waits for the guest. False when it was waiting already, or its vector is illegal (below 16). */
  deliver(vector: number): boolean {
    return vector >= FIRST_LEGAL && setVector(this.words, IRR, vector);
  }

  /** pi_test_and_set_pir, pi_test_and_set_on: posted for the CPU to pick up. True when a notification is due (ON was clear). */
  post(vector: number): boolean {
    if (vector < FIRST_LEGAL || !setVector(this.words, PIR, vector)) return false;
    const due = this.words[POSTED] === 0;
    this.words[POSTED] = 1;
    return due;
  }

  /** vmx_sync_pir_to_irr: what was posted moves to IRR. True when there was anything. */
  syncPosted(): boolean {
    const { words } = this;
    if (words[POSTED] === 0) return false;
    words[POSTED] = 0;
    for (let word = 0; word < VECTOR_WORDS; word++) {
      words[IRR + word] = words[IRR + word]! | words[PIR + word]!;
      words[PIR + word] = 0;
    }
    return true;
  }

  /** The vector that the guest would get next, or -1: highest in IRR, of a class above PPR's (kvm_apic_has_interrupt). */
  nextVector(): number {
    const vector = highestVector(this.words, IRR);
    return vector >= 0 && (vector & CLASS) > (this.ppr & CLASS) ? vector : -1;
  }

  /** Something to inject, or posted and not yet looked at (posted work counts when it would be deliverable). */
  hasInterrupt(): boolean {
    return this.nextVector() >= 0 || this.postedVector() >= 0;
  }

  /** The highest vector posted that PPR lets through, or -1. */
  private postedVector(): number {
    if (this.words[POSTED] === 0) return -1;
    const vector = highestVector(this.words, PIR);
    return (vector & CLASS) > (this.ppr & CLASS) ? vector : -1;
  }

  /** kvm_get_apic_interrupt: the next vector moves from IRR to ISR, as the guest takes it. -1 when there is none. */
  acceptOne(): number {
    const vector = this.nextVector();
    if (vector < 0) return -1;
    clearVector(this.words, IRR, vector);
    setVector(this.words, ISR, vector);
    return vector;
  }

  /** EOI: the highest vector in service is over. Returns it, or -1 when none was. */
  eoi(): number {
    const vector = highestVector(this.words, ISR);
    if (vector >= 0) clearVector(this.words, ISR, vector);
    return vector;
  }

  /** Processor priority: the higher of TPR and the class in service (apic_update_ppr). */
  get ppr(): number {
    const tpr = this.tpr;
    const inService = Math.max(0, highestVector(this.words, ISR)) & CLASS;
    return (tpr & CLASS) >= inService ? tpr : inService;
  }

  get tpr(): number {
    return this.words[TPR]!;
  }

  set tpr(value: number) {
    this.words[TPR] = value & 0xff;
  }

  /** LVT timer register: the vector, and bit 16 while masked (as after reset). */
  get lvtTimer(): number {
    return this.words[LVTT]!;
  }

  set lvtTimer(value: number) {
    this.words[LVTT] = value;
  }

  /** IA32_TSC_DEADLINE in cycles of the vCPU's clock; 0 when disarmed. */
  get deadline(): number {
    return this.time[0]!;
  }

  set deadline(cycles: number) {
    this.time[0] = cycles;
  }

  /** The deadline has passed: disarms it and delivers its vector unless masked. True when it had. */
  expire(now: number): boolean {
    if (this.deadline === 0 || this.deadline > now) return false;
    this.deadline = 0;
    if ((this.lvtTimer & LVT_MASKED) === 0) this.deliver(this.lvtTimer & 0xff);
    return true;
  }
}
