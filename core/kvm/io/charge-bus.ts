import { STEP } from '../../cost/steps.ts';
import type { IoBusSet } from './io-bus-set.ts';

/** Where priced steps are counted: the ledger's path table. */
export interface StepSink {
  add(step: number): void;
  addN(step: number, times: number): void;
}

/** Charges what the last `write` or `read` of the buses did: barrier, comparisons, devices called, signal. */
export function chargeBus(sink: StepSink, io: IoBusSet): void {
  sink.add(STEP.kvm_io_bus_write);
  sink.addN(STEP.kvm_io_bus_cmp, io.compares);
  if (io.offered === 0) return;
  if (io.retpolines) sink.addN(STEP['mitigation.retpoline'], io.offered);
  sink.addN(STEP.kvm_iodevice_write, io.offered);
  sink.addN(STEP.ioeventfd_write, io.matched);
  sink.addN(STEP.coalesced_mmio_write, io.coalesced);
  if (io.signalled !== 0) sink.add(STEP.eventfd_signal);
}
