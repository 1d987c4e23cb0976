/** What `Vcpu.handleExit` leads to. */
/** The guest goes on at the same instruction and executes it again. */
export const KVM_RETRY = 0;
/** The instruction is over: carried out by KVM, or skipped (then its result is not written). */
export const KVM_NEXT = 1;
/** The guest gets the fault in `Vcpu.fault` instead of the instruction's result. */
export const KVM_FAULT = 2;
/** KVM_RUN returned with an error or an internal-error exit, `Vcpu.error`: the vCPU does not go on by itself. */
export const KVM_ERROR = 3;

/** The instruction was HLT and nothing is pending: the vCPU is blocked until `Vcpu.wake`. */
export const KVM_HALTED = 4;

/** Why a vCPU stopped, with the sentence a user reads. */
export const KVM_ERRORS = Object.freeze({
  none: '',
  EFAULT: 'KVM_RUN returned EFAULT: the memslot exists, but the host has no (writable) mapping behind it',
  'internal-error-emulation': 'KVM_EXIT_INTERNAL_ERROR, suberror EMULATION: KVM cannot emulate the instruction',
  'internal-error-delivery': 'KVM_EXIT_INTERNAL_ERROR, suberror DELIVERY_EV: MMIO while an event was being delivered',
  'skip-by-garbage':
    'RIP was advanced by an instruction length that the outer hypervisor had not set: the guest goes on inside an instruction',
  'reserved-spte': 'KVM_RUN returned EINVAL: a reserved bit in an SPTE that is not an MMIO SPTE',
  'unshadow-livelock':
    'mmu_unshadow() never ends: user mode wrote to a page table that is a root in use, and a zap leaves it in the hash (2.6.24)',
  'unknown-exit': 'KVM_EXIT_UNKNOWN: no handler for this exit reason',
} as const);
export type KvmErrorId = keyof typeof KVM_ERRORS;

/** A fault for the guest. */
export class InjectedFault {
  vector = 0;
  errorCode = 0;
  cr2Hi = 0;
  cr2Lo = 0;

  set(vector: number, errorCode: number, cr2Hi: number, cr2Lo: number): void {
    this.vector = vector;
    this.errorCode = errorCode;
    this.cr2Hi = cr2Hi;
    this.cr2Lo = cr2Lo;
  }
}
