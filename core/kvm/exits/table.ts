import type { Instruction } from '../../guest/instruction.ts';
import { EXIT_REASON, SVM_EXIT, type VmExit } from '../../spec/vm-exit.ts';
import { KVM_RETRY } from '../outcome.ts';
import type { Vcpu } from '../vcpu.ts';
import { handleApicWrite, handleIncompleteIpi } from './apic-write.ts';
import { handleControlRegister, handleInvlpg, handleInvpcid } from './control-registers.ts';
import { handleEptMisconfig } from './ept-misconfig.ts';
import { handleEptViolation } from './ept-violation.ts';
import { handleIo } from './io-instruction.ts';
import { handleNestedPageFault } from './nested-page-fault.ts';
import { handleInterruptWindow, handleInvd, handlePreemptionTimer, handleWrmsr, handleXsetbv } from './privileged.ts';
import { handleShadowFault } from './shadow-fault.ts';
import { handleCpuid, handleHalt, handleHypercall } from './simple.ts';

/** A handler answers one exit reason and returns an outcome (core/kvm/outcome.ts). */
type Handler = (vcpu: Vcpu, exit: VmExit, insn: Instruction) => number;

/** The log was drained before the handler: the guest repeats its write (handle_pml_full). */
const handlePmlFull: Handler = () => KVM_RETRY;

const UNKNOWN: Handler = (vcpu) => vcpu.stop('unknown-exit');

const SIZE = 0xa3;

function table(rows: readonly (readonly [number, Handler])[]): readonly Handler[] {
  const handlers = Array.from<Handler>({ length: SIZE }).fill(UNKNOWN);
  for (const [reason, handler] of rows) handlers[reason] = handler;
  return handlers;
}

/** kvm_vmx_exit_handlers, as far as the model raises the exits. */
const VMX = table([
  [EXIT_REASON.EXCEPTION_NMI, handleShadowFault],
  [EXIT_REASON.INTERRUPT_WINDOW, handleInterruptWindow],
  [EXIT_REASON.CPUID, handleCpuid],
  [EXIT_REASON.HLT, handleHalt],
  [EXIT_REASON.INVLPG, handleInvlpg],
  [EXIT_REASON.VMCALL, handleHypercall],
  [EXIT_REASON.CR_ACCESS, handleControlRegister],
  [EXIT_REASON.IO_INSTRUCTION, handleIo],
  [EXIT_REASON.EPT_VIOLATION, handleEptViolation],
  [EXIT_REASON.EPT_MISCONFIG, handleEptMisconfig],
  [EXIT_REASON.INVPCID, handleInvpcid],
  [EXIT_REASON.PML_FULL, handlePmlFull],
  [EXIT_REASON.INVD, handleInvd],
  [EXIT_REASON.PREEMPTION_TIMER, handlePreemptionTimer],
  [EXIT_REASON.WBINVD, handleInvd],
  [EXIT_REASON.MSR_WRITE, handleWrmsr],
  [EXIT_REASON.MSR_WRITE_IMM, handleWrmsr],
  [EXIT_REASON.XSETBV, handleXsetbv],
  [EXIT_REASON.APIC_WRITE, handleApicWrite],
]);

/** svm_exit_handlers, but for #NPF and AVIC's, whose codes are far above the others. */
const SVM = table([
  [SVM_EXIT.CR0_WRITE, handleControlRegister],
  [SVM_EXIT.CR3_WRITE, handleControlRegister],
  [SVM_EXIT.CR4_WRITE, handleControlRegister],
  [SVM_EXIT.PF_EXCEPTION, handleShadowFault],
  [SVM_EXIT.VINTR, handleInterruptWindow],
  [SVM_EXIT.CPUID, handleCpuid],
  [SVM_EXIT.HLT, handleHalt],
  [SVM_EXIT.INVLPG, handleInvlpg],
  [SVM_EXIT.VMMCALL, handleHypercall],
  [SVM_EXIT.INVPCID, handleInvpcid],
  [SVM_EXIT.IOIO, handleIo],
  [SVM_EXIT.INVD, handleInvd],
  [SVM_EXIT.WBINVD, handleInvd],
  [SVM_EXIT.MSR, handleWrmsr],
  [SVM_EXIT.XSETBV, handleXsetbv],
]);

/** Hands an exit to its handler. */
export function dispatch(vcpu: Vcpu, exit: VmExit, insn: Instruction): number {
  const { reason } = exit;
  const handlers = vcpu.kvm.isIntel ? VMX : SVM;
  if (reason < SIZE) return handlers[reason]!(vcpu, exit, insn);
  if (reason === SVM_EXIT.NPF) return handleNestedPageFault(vcpu, exit, insn);
  return reason === SVM_EXIT.AVIC_INCOMPLETE_IPI ? handleIncompleteIpi(vcpu, exit, insn) : vcpu.stop('unknown-exit');
}
