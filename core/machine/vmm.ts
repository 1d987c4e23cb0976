import type { StateSet } from '../base/state.ts';
import { KVM_EXIT } from '../kvm/emulate/kvm-exit.ts';
import type { CoalescedRing } from '../kvm/io/coalesced-ring.ts';
import type { VcpuIo } from '../kvm/emulate/vcpu-io.ts';
import type { UserspacePort } from '../kvm/userspace-port.ts';
import { getByte } from '../memory/host-memory.ts';
import type { Observation } from '../reference/observation.ts';

/**
 * The VMM of the model: a program whose devices read as all ones and swallow writes. At each exit it empties the coalesced ring, as
 * QEMU does. It counts what reaches it and shows each piece to the reference.
 */
export class Vmm implements UserspacePort {
  /** [MMIO exits, port exits]. */
  readonly exits = new Float64Array(2);
  /** The VM's coalesced ring, once there is a VM. */
  ringToDrain: CoalescedRing | null = null;
  /** Null when nobody asks what was seen. */
  private readonly observation: Observation | null;

  constructor(observation: Observation | null) {
    this.observation = observation;
  }

  register(state: StateSet): void {
    state.addCounters(() => [this.exits]);
  }

  exit(io: VcpuIo): boolean {
    const ring = this.ringToDrain;
    if (ring !== null && ring.pending > 0) ring.consume(ring.pending);
    if (io.exitReason === KVM_EXIT.MMIO) this.mmio(io);
    else if (io.exitReason === KVM_EXIT.IO) this.pio(io);
    return false;
  }

  private mmio(io: VcpuIo): void {
    this.exits[0]!++;
    if (io.isWrite === 0) io.mmioData.fill(-1);
    this.observation?.mmio(io.isWrite !== 0, io.physHi, io.physLo, io.length, io.mmioData[1]!, io.mmioData[0]!);
  }

  private pio(io: VcpuIo): void {
    this.exits[1]!++;
    const bytes = io.pioSize * io.pioCount;
    if (io.pioIn !== 0) io.pioData.fill(-1, 0, (bytes + 3) >> 2);
    if (this.observation === null) return;
    for (let at = 0; at < bytes; at += io.pioSize) {
      let value = 0;
      for (let i = 0; i < io.pioSize; i++) value |= getByte(io.pioData, at + i) << (i * 8);
      this.observation.pio(io.pioIn === 0, io.pioPort, io.pioSize, value);
    }
  }
}
