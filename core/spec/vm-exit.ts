/**
 * Why a CPU left the guest. Intel numbers are the basic exit reasons (SDM vol. 3, appendix "VMX basic exit reasons"), AMD numbers the
 * intercept codes (APM vol. 2, appendix "SVM intercept exit codes"). Only those the model can raise are listed.
 */
export const EXIT_REASON = Object.freeze({
  EXCEPTION_NMI: 0,
  EXTERNAL_INTERRUPT: 1,
  INTERRUPT_WINDOW: 7,
  CPUID: 10,
  HLT: 12,
  INVD: 13,
  INVLPG: 14,
  VMCALL: 18,
  CR_ACCESS: 28,
  IO_INSTRUCTION: 30,
  MSR_WRITE: 32,
  MCE_DURING_VMENTRY: 41,
  EPT_VIOLATION: 48,
  EPT_MISCONFIG: 49,
  PREEMPTION_TIMER: 52,
  WBINVD: 54,
  XSETBV: 55,
  APIC_WRITE: 56,
  INVPCID: 58,
  PML_FULL: 62,
  /** WRMSRNS with an immediate MSR number. */
  MSR_WRITE_IMM: 85,
});
export const SVM_EXIT = Object.freeze({
  CR0_WRITE: 0x010,
  CR3_WRITE: 0x013,
  CR4_WRITE: 0x014,
  PF_EXCEPTION: 0x04e,
  MC_EXCEPTION: 0x052,
  INTR: 0x060,
  VINTR: 0x064,
  CPUID: 0x072,
  INVD: 0x076,
  HLT: 0x078,
  INVLPG: 0x079,
  IOIO: 0x07b,
  MSR: 0x07c,
  VMMCALL: 0x081,
  WBINVD: 0x089,
  XSETBV: 0x08d,
  INVPCID: 0x0a2,
  NPF: 0x400,
  AVIC_INCOMPLETE_IPI: 0x401,
});

/** EXITINFO2 bits 63:32 of AVIC_INCOMPLETE_IPI: why (APM vol. 2, 15.29.9.1). */
export const AVIC_IPI = Object.freeze({ INVALID_TYPE: 0, TARGET_NOT_RUNNING: 1 });

/** Exit qualification of an EPT violation: SDM vol. 3, "Exit Qualification for EPT Violations". */
export const EPT_QUAL = Object.freeze({
  READ: 1 << 0,
  WRITE: 1 << 1,
  FETCH: 1 << 2,
  READABLE: 1 << 3,
  WRITABLE: 1 << 4,
  EXECUTABLE: 1 << 5,
  GLA_VALID: 1 << 7,
  /** 1: the access to the final address; 0: a guest paging-structure access. */
  FINAL: 1 << 8,
});

/** Page-fault error code; bits 0..6 as the manuals have them, 32 and 33 are EXITINFO1's (kept in a high word as bits 0 and 1). */
export const PFERR = Object.freeze({ P: 1, W: 2, U: 4, RSVD: 8, FETCH: 16, PK: 32, SS: 64 });
export const PFERR_HI = Object.freeze({ GUEST_FINAL: 1, GUEST_PAGE: 2 });

/** The record the CPU fills and KVM reads; owned by the vCPU and reused. */
export class VmExit {
  /** EXIT_REASON on Intel, SVM_EXIT on AMD. */
  reason = 0;
  /** Intel exit qualification, or the low word of EXITINFO1. */
  qualification = 0;
  /** High word of EXITINFO1 (bits 32 and 33 of a nested page fault). */
  infoHi = 0;
  gpaHi = 0;
  gpaLo = 0;
  glaHi = 0;
  glaLo = 0;
  /** VM_EXIT_INSTRUCTION_LEN as the CPU leaves it; 0 where a nested hypervisor does not fill it. */
  instructionLength = 0;
  /** AMD: 1 when the VMCB holds the next RIP. */
  nextRipValid = 0;
  /** 1 when the exit happened while an event was being delivered (IDT vectoring). */
  vectoring = 0;
  /** #PF exits: the error code. */
  errorCode = 0;
}
