import { basePrices } from './base-price.ts';

const PORT =
  'derived: share of the 3525 cycles a port kick through userspace adds (QEMU 22773d6066a7); the split is an estimate';

/**
 * A round trip to userspace on the base machine: what the published pair 5287 / 1762 leaves. The VMM's work is one price for both kinds of
 * exit: QEMU dispatches ports and MMIO by the same code since mid-2013 (b40acf99bef6: recalled). The machine of the pci-testdev figures ran an
 * older one and has an MMIO price of its own.
 */
export const ROUND_TRIP = basePrices('userspace', PORT, {
  'kvm_vcpu_ioctl.return': [750, 450, 1100],
  'userspace.dispatch_pio': [2273, 1400, 3200, `${PORT}; the VMM is QEMU`],
  'userspace.dispatch_mmio': [2273, 1400, 4700, `${PORT}; as for a port, of which QEMU's MMIO exits cost more in 2013`],
  'kvm_vcpu_ioctl.entry': [700, 400, 1000],
});

export const IOCTLS = basePrices('work', 'estimate from reading the code', {
  'ioctl.memslot': [6000, 2500, 20000],
  'ioctl.ioeventfd': [3000, 1200, 8000],
  synchronize_srcu_expedited: [60000, 10000, 300000, 'estimate: 3 to 100 us'],
  'ioctl.get_dirty_log': [60, 20, 150],
});
