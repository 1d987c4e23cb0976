import { basePrices } from './base-price.ts';

const PORT =
  'derived: share of the 3525 cycles a port kick through userspace adds (QEMU 22773d6066a7); the split is an estimate';

/**
 * A round trip to userspace on the base machine. The port exit is what the published pair 5287 / 1762 leaves. The MMIO exit is not taken
 * from 8796: a userspace exit out of the emulator costs 342 % and 328 % of a vmcall on two other machines (kvm-unit-tests 00bfecaa of 2012,
 * Linux b7ffc44d5b2e of 2017), so 3.35 times the 1502 cycles of a vmcall here, less entry and return.
 */
export const ROUND_TRIP = basePrices('userspace', PORT, {
  'kvm_vcpu_ioctl.return': [750, 450, 1100],
  'userspace.dispatch_pio': [2273, 1400, 3200, `${PORT}; the VMM is QEMU`],
  'userspace.dispatch_mmio': [
    3582,
    2273,
    4700,
    'derived: 3.35 times a vmcall (342 % in 00bfecaa, 328 % in b7ffc44d5b2e) less entry and return; low: no dearer than a port exit',
  ],
  'kvm_vcpu_ioctl.entry': [700, 400, 1000],
});

export const IOCTLS = basePrices('work', 'estimate from reading the code', {
  'ioctl.memslot': [6000, 2500, 20000],
  'ioctl.ioeventfd': [3000, 1200, 8000],
  synchronize_srcu_expedited: [60000, 10000, 300000, 'estimate: 3 to 100 us'],
  'ioctl.get_dirty_log': [60, 20, 150],
});
