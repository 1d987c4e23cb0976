import type { Design } from '../design.ts';
import { IOEVENTFD } from '../needs.ts';

export const wildcard: Design = {
  id: 'wildcard',
  title: 'ioeventfd matched by address and length',
  source: 'KVM_IOEVENTFD without DATAMATCH; ioeventfd_in_range() in virt/kvm/eventfd.c',
  claims: [
    { says: 'MMIO 3609 cycles against 1762 for PIO', who: 'M. Tsirkin, QEMU pci-testdev, 2013' },
    {
      says: 'MMIO loses to PIO because of page walk and emulation',
      who: 'M. Tsirkin, seed 000',
    },
  ],
  policy: {},
  doorbell: { space: 'mmio', eventfd: true, length: 'width', datamatch: false },
  cpu: {},
  needs: [IOEVENTFD],
  breaks: [],
};
