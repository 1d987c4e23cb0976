import type { VcpuIo } from './emulate/vcpu-io.ts';

/**
 * The VMM (QEMU, say) as KVM sees it between two KVM_RUN ioctls. `io` shows the exit: KVM_EXIT_MMIO pieces of at most 8 bytes, or
 * KVM_EXIT_IO. A read is answered in `io.mmioData` or `io.pioData`.
 */
export interface UserspacePort {
  /** `ripPast` is 1 when RIP already stands behind the instruction. Returns true when the VMM moved RIP: then KVM skips nothing. */
  exit(io: VcpuIo, ripPast: number): boolean;
}

/** A VMM without devices: reads give all ones, writes are dropped. */
export const NO_DEVICES: UserspacePort = Object.freeze({
  exit(io: VcpuIo): boolean {
    io.mmioData.fill(-1);
    if (io.pioIn !== 0) io.pioData.fill(-1, 0, (io.pioSize * io.pioCount + 3) >> 2);
    return false;
  },
});
