/**
 * Results of KVM's fault path: RET_PF_* of arch/x86/kvm/mmu/mmu_internal.h that the model takes, and three of its own: EFAULT and EINVAL
 * stand for negative errnos, KICKED for a doorbell found inside the fault path (the `bad-page` design).
 */
export const RET_PF = Object.freeze({
  RETRY: 1,
  EMULATE: 2,
  INVALID: 4,
  FIXED: 5,
  SPURIOUS: 6,
  EFAULT: 7,
  EINVAL: 8,
  KICKED: 9,
});
