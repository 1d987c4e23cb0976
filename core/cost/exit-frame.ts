import { hasRetpoline, mitigationsOnEntry, mitigationsOnExit } from './mitigations.ts';
import { stepList } from './step-list.ts';
import type { MitigationId } from './mitigations.ts';
import type { StepCount } from './paths.ts';
import type { Counted } from './step-list.ts';
import { STEP, type StepName } from './steps.ts';

/**
 * The run loop around an exit, as lists of steps: what one configuration always takes before its handler (prologue) and after it
 * (epilogue). The numbers O1 to O23 are the slots of vcpu_enter_guest() and vcpu_run() in order. KVM's code defines ledger blocks from
 * these lists, and the prices are fitted on the same lists, so that the two cannot drift apart.
 */
export interface ExitFrame {
  readonly vendor: 'intel' | 'amd';
  /** Where guest XCR0 and XSS are loaded: not at all (to 2.6.34), once and kept (to 4.5), in the vendor's run function (to 6.18), around the loop. */
  readonly xcr0: 'none' | 'lazy' | 'inner' | 'outer';
  /** Where guest PKRU is loaded. Default: where XCR0 is; not at all before 4.6. */
  readonly pkru?: 'none' | 'inner' | 'outer';
  /** What keeps the memslots from exit to entry: nothing (2.6.24), slots_lock (2.6.26), SRCU (2.6.34). Default SRCU. */
  readonly slotsGuard?: 'none' | 'slots_lock' | 'srcu';
  /** kvm_x86_ops called through pointers (before 5.12), or patched into direct calls. */
  readonly ops: 'pointers' | 'static';
  readonly mitigations: readonly MitigationId[];
  /** Which of the guest's values differ from the host's and must be written; the checks alone otherwise. */
  readonly swap?: Swap;
}

/** What a world switch has to write, from the guest's registers as they are. */
export interface Swap {
  readonly xcr0: boolean;
  readonly xss: boolean;
  readonly pkru: boolean;
  /** Protection keys are in use: the guest's PKRU is read back at every exit. Default: when it differs. */
  readonly pku?: boolean;
}

/** Indirect calls of kvm_x86_ops between exit and handler, and between handler and entry. Estimates, from reading 4.15. */
const OPS_AFTER_EXIT = 5;
const OPS_BEFORE_ENTRY = 6;
/** VMREADs before any handler: exit reason, IDT-vectoring information. */
const VMREADS_AFTER_EXIT = 2;
/** VMCB fields read after #VMEXIT: exit code, EXITINTINFO, RAX, RSP, RIP; written before VMRUN: RAX, RSP, RIP, ASID, clean bits. */
const VMCB_AFTER_EXIT = 5;
const VMCB_BEFORE_ENTRY = 5;

/** PRO: hardware exit, inner exit part, O16 to O22. The handler follows; a log of modified pages is drained by its own code. */
export function exitPrologue(frame: ExitFrame): StepCount[] {
  return [...innerExit(frame), ...outerExit(frame)];
}

/** The vendor's run function from the hardware exit on: what an exit in the fastpath loop takes too. */
export function innerExit(frame: ExitFrame): StepCount[] {
  return stepList(
    'hw.vmexit',
    ...mitigationsOnExit(frame.mitigations),
    frame.vendor === 'intel' ? ['hw.vmread', VMREADS_AFTER_EXIT] : ['hw.vmcb_access', VMCB_AFTER_EXIT],
    ...(pkruPlace(frame) === 'inner' ? pkruBack(frame) : []),
    ...(frame.xcr0 === 'inner' ? xsaveBack(frame) : []),
  );
}

/** O16 to O22: out of the loop, to the handler. */
export function outerExit(frame: ExitFrame): StepCount[] {
  return stepList(
    ...(pkruPlace(frame) === 'outer' ? pkruBack(frame) : []),
    'vcpu_enter_guest.after',
    ...(frame.xcr0 === 'outer' ? xsaveBack(frame) : []),
    'handle_exit_irqoff',
    'vcpu_enter_guest.irq_window',
    ...guard(frame, 'srcu_read_lock', 'down_read.slots_lock'),
    ...opsCalls(frame, OPS_AFTER_EXIT),
    frame.vendor === 'intel' ? 'vmx_handle_exit' : 'svm_handle_exit',
  );
}

/**
 * O16 to O22 in two parts, between which the work of an interrupt of the host is done: on Intel in handle_exit_irqoff() (O19), on AMD in the
 * window where IRQs are on (O20).
 */
export function outerExitAround(frame: ExitFrame): { readonly before: StepCount[]; readonly after: StepCount[] } {
  const steps = outerExit(frame);
  const place = STEP[frame.vendor === 'intel' ? 'handle_exit_irqoff' : 'vcpu_enter_guest.irq_window'];
  const at = steps.findIndex(({ step }) => step === place) + 1;
  return { before: steps.slice(0, at), after: steps.slice(at) };
}

interface BeforeEntry {
  /** The handler, an emulation or a vCPU load asked for a flush of L1D (matters with `l1d-flush` only). */
  readonly flushL1d?: boolean;
}

/** EPI: O23, O1 to O15, inner entry part, hardware entry. */
export function exitEpilogue(frame: ExitFrame, before: BeforeEntry = {}): StepCount[] {
  return [
    ...stepList(
      'vcpu_run',
      'vcpu_enter_guest.requests',
      'vcpu_enter_guest.prepare',
      ...guard(frame, 'srcu_read_unlock', 'up_read.slots_lock'),
      'vcpu_enter_guest.exit_check',
      'vcpu_enter_guest.fpu_debug',
      ...opsCalls(frame, OPS_BEFORE_ENTRY),
      ...xsaveIn(frame, 'outer'),
      ...pkruIn(frame, 'outer'),
    ),
    ...innerEntry(frame, before),
  ];
}

/** The vendor's run function up to the hardware entry. */
export function innerEntry(frame: ExitFrame, before: BeforeEntry = {}): StepCount[] {
  const intel = frame.vendor === 'intel';
  return stepList(
    intel ? 'vmx_vcpu_run' : 'svm_vcpu_run',
    intel ? 'hw.vmwrite' : ['hw.vmcb_access', VMCB_BEFORE_ENTRY],
    ...(intel ? [] : (['hw.stgi_clgi'] as const)),
    ...xsaveIn(frame, 'inner'),
    ...pkruIn(frame, 'inner'),
    ...mitigationsOnEntry(frame.mitigations, before.flushL1d ?? false),
    ...(intel ? [] : (['hw.vmload_vmsave'] as const)),
    'hw.vmentry',
  );
}

/** F19, from the handler to just before the guest goes on: the exit-request check, then the run function again. */
export function fastpathReentry(frame: ExitFrame): StepCount[] {
  return [...stepList('vcpu_enter_guest.exit_check'), ...innerEntry(frame)];
}

/**
 * skip_emulated_instruction() by the length the CPU gave: the length (or next RIP), RIP and interruptibility are read, and RFLAGS for the
 * trap flag where the kernel looks at it (`trapFlag`, from 4.10). RIP is written back by the epilogue.
 */
export function skipByLength(vendor: ExitFrame['vendor'], trapFlag = true): StepCount[] {
  const reads = trapFlag ? 4 : 3;
  return stepList([vendor === 'intel' ? 'hw.vmread' : 'hw.vmcb_access', reads], 'skip_emulated_instruction');
}

/**
 * The cheapest exit with a handler, hardware and all: VMCALL, VMMCALL. The run loop's prices of a CPU model are scaled so that this list
 * costs the model's LX.
 */
export function hypercallExit(frame: ExitFrame, trapFlag: boolean): StepCount[] {
  return [
    ...stepList('guest.vmcall'),
    ...exitPrologue(frame),
    ...stepList('kvm_emulate_hypercall'),
    ...skipByLength(frame.vendor, trapFlag),
    ...exitEpilogue(frame),
  ];
}

function guard({ slotsGuard = 'srcu' }: ExitFrame, srcu: StepName, slotsLock: StepName): Counted[] {
  if (slotsGuard === 'none') return [];
  return [slotsGuard === 'srcu' ? srcu : slotsLock];
}

function opsCalls(frame: ExitFrame, calls: number): Counted[] {
  return frame.ops === 'pointers' && hasRetpoline(frame.mitigations) ? [['mitigation.retpoline', calls]] : [];
}

/** Where PKRU is swapped; XCR0's place says it where nothing else does. */
function pkruPlace({ xcr0, pkru }: ExitFrame): 'none' | 'inner' | 'outer' {
  return pkru ?? (xcr0 === 'inner' || xcr0 === 'outer' ? xcr0 : 'none');
}

/** kvm_load_guest_xsave_state: O11 from 6.19; inside the run function before. When lazy only the test is here: what it loads is kept. */
function xsaveIn(frame: ExitFrame, place: 'inner' | 'outer'): Counted[] {
  return frame.xcr0 === place ? ['kvm_load_guest_xsave_state', ...swapped(frame.swap)] : [];
}

/** kvm_load_guest_pkru: O15 from 6.19. Its test is part of kvm_load_guest_xsave_state where both are in one place. */
function pkruIn(frame: ExitFrame, place: 'inner' | 'outer'): Counted[] {
  if (pkruPlace(frame) !== place) return [];
  return [...alone(frame, 'kvm_load_guest_pkru'), ...(frame.swap?.pkru === true ? (['hw.wrpkru'] as const) : [])];
}

/** The host's XCR0 and XSS again: O18 from 6.19, in the vendor's run function before. */
const xsaveBack = ({ swap }: ExitFrame): Counted[] => ['kvm_load_host_xsave_state', ...swapped(swap)];

/** The guest's PKRU read, and the host's written where they differ: O16 from 6.19. */
function pkruBack(frame: ExitFrame): Counted[] {
  const { swap } = frame;
  return [
    ...alone(frame, 'kvm_load_host_pkru'),
    ...((swap?.pku ?? swap?.pkru) === true ? (['hw.rdpkru'] as const) : []),
    ...(swap?.pkru === true ? (['hw.wrpkru'] as const) : []),
  ];
}

const alone = (frame: ExitFrame, name: 'kvm_load_guest_pkru' | 'kvm_load_host_pkru'): Counted[] =>
  pkruPlace(frame) === frame.xcr0 ? [] : [name];

const swapped = (swap: ExitFrame['swap']): Counted[] => [
  ...(swap?.xcr0 === true ? (['hw.xsetbv'] as const) : []),
  ...(swap?.xss === true ? (['hw.wrmsr_xss'] as const) : []),
];
