/**
 * What of KVM's device I/O changed between kernels. A kernel is a value of this type (core/design/kernels); the comments name the
 * switch's two sides and where they were read.
 */
export interface IoPolicy {
  /** KVM_IOEVENTFD exists (2.6.32). */
  readonly ioeventfd: boolean;
  /** KVM_REGISTER_COALESCED_MMIO exists (2.6.27). */
  readonly coalescedMmio: boolean;
  /** Devices other than ioeventfds that one bus holds: NR_IOBUS_DEVS, include/linux/kvm_host.h. 1000. */
  readonly busDeviceLimit: number;
  /**
   * `insert-sorted`: copied in before the first range that compares greater (virt/kvm/kvm_main.c, kvm_io_bus_register_dev).
   * `append-and-sort`: appended, then heap-sorted by lib/sort.c (4.2), which does not keep the order of equals.
   */
  readonly busInsertion: 'insert-sorted' | 'append-and-sort';
  /** A range of length 0 is compared by its start alone. False in 3.15's first form: no real write finds such a range. */
  readonly zeroLengthCompare: boolean;
  /** How a registration frees the old array: `call_srcu` from 6.18, a waited-for grace period before. */
  readonly registerFrees: 'call_srcu' | 'synchronize_srcu_expedited';
  /** KVM_IOEVENTFD takes length 0 (3.15, KVM_CAP_IOEVENTFD_NO_LENGTH). */
  readonly zeroLength: boolean;
  /** KVM_IOEVENTFD takes length 0 on the PIO bus (4.4, KVM_CAP_IOEVENTFD_ANY_LENGTH). */
  readonly zeroLengthPio: boolean;
  /**
   * The FAST_MMIO twin of a zero-length entry. `separate`: an object of its own for MMIO entries. `shared`: 3.15's first form, one
   * device on two buses, for whatever is not PIO, not counted as an ioeventfd there. `none`: before 3.15.
   */
  readonly fastMmioTwin: 'none' | 'shared' | 'separate';
  /** Flag bits KVM_IOEVENTFD knows: KVM_IOEVENTFD_VALID_FLAG_MASK. 0xf, from 3.15 0x1f. */
  readonly ioeventfdFlags: number;
  /** The `pio` field of a coalesced zone is looked at (KVM_CAP_COALESCED_PIO); before, it was padding and zones were MMIO. */
  readonly coalescedPio: boolean;
}

/** The newest behaviour read: Linux 7.1. */
export const MODERN_IO: IoPolicy = Object.freeze({
  ioeventfd: true,
  coalescedMmio: true,
  busDeviceLimit: 1000,
  busInsertion: 'insert-sorted',
  zeroLengthCompare: true,
  registerFrees: 'call_srcu',
  zeroLength: true,
  zeroLengthPio: true,
  fastMmioTwin: 'separate',
  ioeventfdFlags: 0x1f,
  coalescedPio: true,
});
