import { EmulatedRam } from './emulated-ram.ts';
import type { RunProtocol } from './code/run-protocol.ts';
import { Descriptors } from './descriptors.ts';
import { Emulator } from '../emulate/emulator.ts';
import { VcpuIo } from '../emulate/vcpu-io.ts';
import type { StepSink } from '../io/charge-bus.ts';
import { CoalescedZones } from '../io/coalesced-zones.ts';
import { IoBusSet } from '../io/io-bus-set.ts';
import { MODERN_IO } from '../io/io-policy.ts';
import { Ioeventfds } from '../io/ioeventfd.ts';
import { Irqchip } from '../io/irqchip.ts';
import { Memslots } from '../memslots/memslots.ts';
import { NO_OBSERVER } from '../memslots/slot-observer.ts';
import { MODERN_GENERATION, MODERN_SLOTS } from '../memslots/slot-policy.ts';
import { HostBuffers } from './host-buffers.ts';

const NO_STEPS: StepSink = { add(): void {}, addN(): void {} };

/**
 * The VM a case runs on: KVM of Linux 6.18 with shadow paging, one memslot address space, and no MMIO caching, so that every access
 * outside RAM goes through the emulator and FAST_MMIO is never asked.
 */
export class OracleVm {
  readonly io = new IoBusSet(MODERN_IO);
  readonly ioeventfds = new Ioeventfds(this.io);
  readonly zones = new CoalescedZones(this.io);
  readonly irqchip = new Irqchip(this.io);
  readonly buffers = new HostBuffers();
  readonly descriptors = new Descriptors(this.io.eventfds);
  readonly slots = new Memslots(
    {
      ...MODERN_SLOTS,
      addressSpaces: 1,
      maxGfn: 2 ** 40 - 1,
      generation: { ...MODERN_GENERATION, step: 1n, spaceBits: 0 },
    },
    NO_OBSERVER,
  );
  readonly ram = new EmulatedRam(this.slots, this.buffers);
  readonly emulator = new Emulator(this.io, this.irqchip, this.ram, NO_STEPS);
  /** The vCPU, once booted. */
  vcpu: VcpuIo | undefined;
  /** KVM_RUN step by step, once a case begins with it. */
  protocol: RunProtocol | undefined;
}
