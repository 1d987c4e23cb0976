import { EVENT } from '../../events/kinds.ts';
import { chargeBus } from '../io/charge-bus.ts';
import { ERRNO } from '../io/errno.ts';
import { BUS } from '../io/io-bus.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';

/**
 * kvm_io_bus_write(KVM_FAST_MMIO_BUS, gpa, 0, NULL): true when a zero-length ioeventfd at exactly this address was signalled. The bus is
 * told neither direction nor length nor value.
 */
export function probeFastMmio(vcpu: Vcpu, hi: number, lo: number): boolean {
  const { io } = vcpu.kvm;
  const taken = io.write(BUS.FAST_MMIO, hi, lo, 0, 0, 0) === ERRNO.OK;
  if (taken && io.offered === 1 && io.matched === 1) {
    vcpu.paths.add(vcpu.blocks.eventfdHit(io.compares));
  } else {
    chargeBus(vcpu.paths, io);
  }
  if (!taken) return false;
  vcpu.kvm.stats[STAT.kvm_fast_mmio]!++;
  if (vcpu.recorder.on) vcpu.recorder.emit(EVENT.kvm_fast_mmio, 0, 0, hi, lo);
  return true;
}
