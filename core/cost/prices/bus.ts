import { basePrices } from './base-price.ts';

const DEVICE =
  'estimate; a device that refuses took 21 ns in all (guest kicks, Linux 6.18, shadow paging on an AMD EPYC)';

/** The I/O bus. */
export const BUS = basePrices('work', 'estimate from reading the code', {
  kvm_io_bus_write: [12, 6, 25],
  kvm_io_bus_cmp: [
    10,
    4,
    40,
    'estimate for a small bus in the cache; 16384 devices added 0.2 us to a kick (Linux 6.18, shadow paging on an AMD EPYC): about 14 ns a halving',
  ],
  kvm_iodevice_write: [30, 15, 50, DEVICE],
  coalesced_mmio_write: [70, 35, 150],
  kvm_io_bus_register_dev: [2, 0.5, 6, 'estimate: one 24-byte entry copied'],
  ioeventfd_write: [18, 8, 35, DEVICE],
});

/** Bound by two locked operations, so not scaled. */
export const EVENTFD = basePrices(
  'fixed',
  'estimate; an eventfd write syscall took about 220 cycles above a null syscall on Zen 4',
  {
    eventfd_signal: [130, 100, 150],
  },
);
