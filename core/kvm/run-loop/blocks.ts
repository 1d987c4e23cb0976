import {
  type ExitFrame,
  exitEpilogue,
  exitPrologue,
  fastpathReentry,
  innerExit,
  outerExit,
  outerExitAround,
  skipByLength,
} from '../../cost/exit-frame.ts';
import { hasRetpoline } from '../../cost/mitigations.ts';
import type { PathTable, StepCount } from '../../cost/paths.ts';
import { STEP } from '../../cost/steps.ts';
import { type Counted, stepList } from '../../cost/step-list.ts';
import { SWAP_WORDS, swapOf } from './xstate.ts';

/** The run loop without what the silicon does and counts itself. */
const software = (steps: readonly StepCount[]): StepCount[] =>
  steps.filter(({ step }) => step !== STEP['hw.vmexit'] && step !== STEP['hw.vmentry']);

/**
 * What one configuration always takes together, as blocks of the ledger: an id to `add`. A block is priced and shown as the steps it
 * consists of (core/cost/exit-frame.ts lists those of the run loop).
 */
export class RunLoopBlocks {
  // By the word that says what the guest's XCR0, XSS and PKRU ask for (xstate.ts).
  /** PRO: from behind the hardware exit, which the CPU counts, to the handler. */
  readonly prologue: readonly number[];
  /** EPI: from the handler to just before the hardware entry; without and with a requested flush of L1D. */
  readonly epilogue: readonly number[];
  readonly epilogueAfterEmulation: readonly number[];
  /** The two halves of PRO: what an exit in the fastpath loop takes, and what it takes only if it leaves the loop. */
  readonly innerExit: readonly number[];
  readonly outerExit: readonly number[];
  /** PRO around the work of a host interrupt; `outerBefore` and `outerAfter` are the same without the inner exit. */
  readonly interruptBefore: readonly number[];
  readonly interruptAfter: readonly number[];
  readonly outerBefore: readonly number[];
  readonly outerAfter: readonly number[];
  /** F19, from the fastpath handler to just before the hardware entry. */
  readonly reentry: readonly number[];
  /** skip_emulated_instruction() by length or next RIP. */
  readonly skip: number;
  readonly eptMisconfig: number;
  readonly eptViolation: number;
  readonly nestedPageFault: number;
  readonly ioInstruction: number;
  /** #PF exit under shadow paging, up to the address and the error code. */
  readonly pageFault: number;
  /** MOV to CR, INVLPG and INVPCID, up to their operands. */
  readonly controlRegister: number;
  readonly invlpg: number;
  readonly invpcid: number;
  /** An intercept of AMD's that the emulator answers, for want of decode assists. */
  readonly svmInstruction: number;
  /** kvm_mmu_load_pgd(): the root, written as the guest's CR3. */
  readonly loadPgd: number;
  /** kvm_inject_page_fault() up to the entry: event, error code; CR2 is loaded by the run function. */
  readonly injectPageFault: number;
  /** The interrupt window: asked for before an entry, and answered after its exit. */
  readonly enableWindow: number;
  readonly interruptWindow: number;
  readonly cpuid: number;
  readonly halt: number;
  readonly hypercall: number;
  /** 1 when an indirect call goes through a retpoline. */
  readonly retpoline: number;
  private readonly paths: PathTable;
  /** Bus hit on the first device, by comparisons made. */
  private readonly hits: number[] = [];

  constructor(paths: PathTable, frame: ExitFrame, skipReadsTrapFlag: boolean) {
    const intel = frame.vendor === 'intel';
    const define = (...parts: Counted[]): number => paths.defineBlock(stepList(...parts));
    const skip = skipByLength(frame.vendor, skipReadsTrapFlag);
    const followedBySkip = (...parts: Counted[]): number => paths.defineBlock([...stepList(...parts), ...skip]);
    this.paths = paths;
    const byWord = (list: (framed: ExitFrame) => StepCount[]): number[] =>
      Array.from({ length: SWAP_WORDS }, (_, word) =>
        paths.defineBlock(software(list({ ...frame, swap: swapOf(word) }))),
      );
    this.prologue = byWord(exitPrologue);
    this.epilogue = byWord((framed) => exitEpilogue(framed));
    this.epilogueAfterEmulation = byWord((framed) => exitEpilogue(framed, { flushL1d: true }));
    this.innerExit = byWord(innerExit);
    this.outerExit = byWord(outerExit);
    this.reentry = byWord(fastpathReentry);
    this.outerBefore = byWord((framed) => outerExitAround(framed).before);
    this.outerAfter = byWord((framed) => outerExitAround(framed).after);
    this.interruptBefore = byWord((framed) => [...innerExit(framed), ...outerExitAround(framed).before]);
    this.interruptAfter = this.outerAfter;
    this.skip = paths.defineBlock(skip);
    this.eptMisconfig = define('handle_ept_misconfig', 'hw.vmread');
    this.eptViolation = define('handle_ept_violation', ['hw.vmread', 2]);
    this.nestedPageFault = define('npf_interception', ['hw.vmcb_access', 2]);
    this.ioInstruction = define('handle_io', intel ? 'hw.vmread' : 'hw.vmcb_access');
    this.pageFault = intel
      ? define('handle_exception_nmi', ['hw.vmread', 3])
      : define('pf_interception', ['hw.vmcb_access', 2]);
    this.controlRegister = intel ? define('handle_cr', 'hw.vmread') : define('cr_interception', 'hw.vmcb_access');
    this.invlpg = intel ? define('handle_invlpg', 'hw.vmread') : define('invlpg_interception', 'hw.vmcb_access');
    this.invpcid = define('handle_invpcid', ...(intel ? ([['hw.vmread', 2]] as const) : ['hw.vmcb_access' as const]));
    this.svmInstruction = define('hw.vmcb_access');
    this.loadPgd = define('kvm_mmu_load_pgd', intel ? 'hw.vmwrite' : 'hw.vmcb_access');
    this.injectPageFault = define('kvm_inject_page_fault', [intel ? 'hw.vmwrite' : 'hw.vmcb_access', 2]);
    this.enableWindow = intel
      ? define('vmx_enable_irq_window', 'hw.vmwrite')
      : define('svm_enable_irq_window', ['hw.vmcb_access', 3]);
    this.interruptWindow = intel
      ? define('handle_interrupt_window', 'hw.vmwrite')
      : define('interrupt_window_interception', ['hw.vmcb_access', 3]);
    this.cpuid = followedBySkip('kvm_emulate_cpuid');
    this.halt = followedBySkip('kvm_emulate_halt');
    this.hypercall = followedBySkip('kvm_emulate_hypercall');
    this.retpoline = hasRetpoline(frame.mitigations) ? 1 : 0;
  }

  /** kvm_io_bus_write() taken by the first device offered, an ioeventfd. */
  eventfdHit(compares: number): number {
    return (this.hits[compares] ??= this.paths.defineBlock(this.hitSteps(compares)));
  }

  private hitSteps(compares: number): StepCount[] {
    return stepList(
      'kvm_io_bus_write',
      ['kvm_io_bus_cmp', compares],
      ['mitigation.retpoline', this.retpoline],
      'kvm_iodevice_write',
      'ioeventfd_write',
      'eventfd_signal',
    );
  }
}
