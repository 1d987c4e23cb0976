import { IOIO, IOIO_SEGMENT } from '../spec/npt.ts';
import { IO_QUAL } from '../spec/ept.ts';
import { EPT_QUAL, EXIT_REASON, PFERR, PFERR_HI, SVM_EXIT, type VmExit } from '../spec/vm-exit.ts';
import { OP, type Instruction } from '../guest/instruction.ts';
import { NEED, NESTED_MISCONFIG, NESTED_PML_FULL } from './nested.ts';
import type { CpuConfig } from './config.ts';
import type { Translator } from './translate.ts';

/** Resets the record: every field that an exit does not define reads 0. */
function clear(exit: VmExit): void {
  exit.reason = 0;
  exit.qualification = 0;
  exit.infoHi = 0;
  exit.gpaHi = 0;
  exit.gpaLo = 0;
  exit.glaHi = 0;
  exit.glaLo = 0;
  exit.instructionLength = 0;
  exit.nextRipValid = 0;
  exit.vectoring = 0;
  exit.errorCode = 0;
}

/** EPT violation, misconfiguration or full log: SDM vol. 3C, "Exit Qualification for EPT Violations". */
export function fillEptExit(
  exit: VmExit,
  t: Translator,
  config: CpuConfig,
  insn: Instruction,
  glaHi: number,
  glaLo: number,
): void {
  clear(exit);
  if (t.problem === NESTED_PML_FULL) {
    exit.reason = EXIT_REASON.PML_FULL;
    return;
  }
  exit.gpaHi = t.gpaHi;
  exit.gpaLo = t.gpaLo;
  exit.instructionLength = config.misconfigFillsInsnLen ? insn.length : 0;
  if (t.problem === NESTED_MISCONFIG) {
    exit.reason = EXIT_REASON.EPT_MISCONFIG;
    return;
  }
  const walk = (t.problemNeed & NEED.WALK) !== 0;
  // With EPT A/D on, every access to a guest paging-structure entry counts as a write.
  const access = (t.problemNeed & NEED.RIGHTS) | (walk && config.eptAd ? EPT_QUAL.WRITE : 0);
  exit.reason = EXIT_REASON.EPT_VIOLATION;
  exit.qualification =
    access | (t.nested!.denied << 3) | (t.addressed ? EPT_QUAL.GLA_VALID : 0) | (walk ? 0 : EPT_QUAL.FINAL);
  exit.glaHi = glaHi;
  exit.glaLo = glaLo;
}

/** Nested page fault: APM vol. 2, 15.25.6. A guest-table access counts as a user write. */
export function fillNptExit(exit: VmExit, t: Translator, config: CpuConfig, insn: Instruction): void {
  clear(exit);
  const walk = (t.problemNeed & NEED.WALK) !== 0;
  exit.reason = SVM_EXIT.NPF;
  exit.qualification =
    t.nested!.denied |
    PFERR.U |
    (walk || (t.problemNeed & NEED.W) !== 0 ? PFERR.W : 0) |
    ((t.problemNeed & NEED.X) !== 0 && config.hostNx ? PFERR.FETCH : 0);
  exit.infoHi = walk ? PFERR_HI.GUEST_PAGE : PFERR_HI.GUEST_FINAL;
  exit.gpaHi = t.gpaHi;
  exit.gpaLo = t.gpaLo;
  exit.nextRipValid = config.nripOnNpf && config.nrips ? 1 : 0;
  exit.instructionLength = exit.nextRipValid === 0 ? 0 : insn.length;
}

/** An exit that the instruction itself causes: its length, or the next RIP, is defined. */
export function fillInstructionExit(
  exit: VmExit,
  config: CpuConfig,
  insn: Instruction,
  intel: number,
  amd: number,
  qualification: number,
): void {
  clear(exit);
  exit.qualification = qualification;
  if (config.vendor === 'intel') {
    exit.reason = intel;
    exit.instructionLength = insn.length;
  } else {
    exit.reason = amd;
    exit.nextRipValid = config.nrips ? 1 : 0;
    exit.instructionLength = config.nrips ? insn.length : 0;
  }
}

/** A #PF that the hypervisor intercepts: the address is in the exit qualification (Intel) or EXITINFO2 (AMD), here in the gla words. */
export function fillPageFaultExit(exit: VmExit, config: CpuConfig, errorCode: number, hi: number, lo: number): void {
  clear(exit);
  exit.errorCode = errorCode;
  exit.glaHi = hi;
  exit.glaLo = lo;
  if (config.vendor === 'intel') {
    exit.reason = EXIT_REASON.EXCEPTION_NMI;
    exit.qualification = lo;
  } else {
    exit.reason = SVM_EXIT.PF_EXCEPTION;
    exit.qualification = errorCode;
  }
}

/** Exit qualification or EXITINFO1 of IN, OUT, INS, OUTS. String forms are REP forms. */
export function ioQualification(config: CpuConfig, insn: Instruction, is64: boolean): number {
  const { op, size } = insn;
  const string = op === OP.INS || op === OP.OUTS;
  const input = op === OP.INS || op === OP.IN;
  const port = (string ? insn.port : insn.lo) & 0xffff;
  if (config.vendor === 'intel') {
    const strings = string ? IO_QUAL.STRING | IO_QUAL.REP : 0;
    return (size - 1) | (input ? IO_QUAL.IN : 0) | strings | (port << IO_QUAL.PORT_SHIFT);
  }
  const bytes = size === 1 ? IOIO.SIZE_8 : size === 2 ? IOIO.SIZE_16 : IOIO.SIZE_32;
  const segment = input ? IOIO_SEGMENT.ES : IOIO_SEGMENT.DS;
  return (
    (input ? IOIO.TYPE_IN : 0) |
    (string ? IOIO.STRING | IOIO.REP | (segment << IOIO.SEGMENT_SHIFT) : 0) |
    bytes |
    (is64 ? IOIO.ADDRESS_64 : IOIO.ADDRESS_32) |
    (port << IOIO.PORT_SHIFT)
  );
}
