import type { VcpuIo } from './emulate/vcpu-io.ts';

/**
 * The VMM (QEMU, say) as KVM sees it between two KVM_RUN ioctls. `io` shows the exit: KVM_EXIT_MMIO pieces of at most 8 bytes, or
 * KVM_EXIT_IO. A read is answered in `io.mmioData` or `io.pioData`.
 */
export interface UserspacePort {
  /** `ripPast` is 1 when RIP already stands behind the instruction. Returns true when the VMM moved RIP: then KVM skips nothing. */
  exit(io: VcpuIo, ripPast: number): boolean;
}
