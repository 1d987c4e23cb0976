/**
 * Results of KVM's fault path: RET_PF_* of arch/x86/kvm/mmu/mmu_internal.h, and some of the model: EFAULT and EINVAL stand for negative
 * errnos, KICKED for a doorbell found inside the fault path (the `bad-page` design), INJECT for a retry with a fault queued for the guest, STOPPED for a kernel that never comes back
 * (`Vcpu.error` says why).
 */
export const RET_PF = Object.freeze({
  CONTINUE: 0,
  RETRY: 1,
  EMULATE: 2,
  WRITE_PROTECTED: 3,
  INVALID: 4,
  FIXED: 5,
  SPURIOUS: 6,
  EFAULT: 7,
  EINVAL: 8,
  KICKED: 9,
  INJECT: 10,
  STOPPED: 11,
});
