import { KVM_EXIT } from './kvm-exit.ts';

/** KVM_MAX_MMIO_FRAGMENTS: one for each page an operand touches (include/linux/kvm_host.h). */
const FRAGMENTS = 2;
/** sizeof(read_cache.data) of the emulator: an INS batch fills at most this much (arch/x86/kvm/kvm_emulate.h). */
export const READ_AHEAD_BYTES = 1024;

/** What waits for userspace. */
export const PENDING = Object.freeze({ NONE: 0, MMIO: 1, PIO_IN: 2, FAST_PIO_IN: 3, FAST_PIO_OUT: 4 });

/**
 * One vCPU's I/O under way: the part of struct kvm_run that userspace sees, and what KVM keeps beside it to go on after userspace.
 * Between instructions nothing is pending, so this is no state of a recorded loop.
 */
export class VcpuIo {
  /** KVM_EXIT of the exit userspace is to answer. */
  exitReason: number = KVM_EXIT.UNKNOWN;
  /** INTERNAL_ERROR exits: why. */
  suberror = 0;

  /** MMIO exits: kvm_run.mmio. */
  physHi = 0;
  physLo = 0;
  /** 1 to 8. */
  length = 0;
  isWrite = 0;
  /** Bytes written, or to be filled in for a read; little-endian words, bytes past `length` are 0 or ignored. */
  readonly mmioData = new Int32Array(2);

  /** IO exits: kvm_run.io, and the page its data lies in. */
  pioIn = 0;
  pioSize = 0;
  pioPort = 0;
  pioCount = 0;
  readonly pioData = new Int32Array(READ_AHEAD_BYTES / 4);

  pending: number = PENDING.NONE;

  /** The memory operand on its way: what a read gathers, or a copy of what a write stores. */
  readonly operand = new Int32Array(READ_AHEAD_BYTES / 4);
  /** 1: `operand` holds what userspace replied; the instruction, run again, takes it from there. */
  readCompleted = 0;
  /** Second operand: a value between the read and the write of one instruction, or the INS read-ahead. */
  readonly result = new Int32Array(READ_AHEAD_BYTES / 4);

  /** 1: a device in the kernel answered a read of the current instruction; what its registers hold is not modelled, it read as 0. */
  unmodelledRead = 0;

  readonly fragmentHi = new Int32Array(FRAGMENTS);
  readonly fragmentLo = new Int32Array(FRAGMENTS);
  /** Byte of `operand` where the fragment's data begins. */
  readonly fragmentAt = new Int32Array(FRAGMENTS);
  readonly fragmentLength = new Int32Array(FRAGMENTS);
  fragments = 0;
  fragment = 0;
}
