/** Reasons for which KVM_RUN returns to userspace (include/uapi/linux/kvm.h), those the model has. */
export const KVM_EXIT = Object.freeze({ UNKNOWN: 0, IO: 2, HLT: 5, MMIO: 6, INTERNAL_ERROR: 17 });

/** Sub-errors of KVM_EXIT_INTERNAL_ERROR. */
export const INTERNAL_ERROR = Object.freeze({ EMULATION: 1, DELIVERY_EV: 3 });
