import type { Design } from '../design.ts';
import { IOEVENTFD } from '../needs.ts';

export const datamatch: Design = {
  id: 'datamatch',
  title: 'ioeventfd matched by address, length and data',
  source: 'KVM_IOEVENTFD_FLAG_DATAMATCH; ioeventfd_in_range() in virt/kvm/eventfd.c',
  claims: [{ says: 'MMIO 3685 cycles, 76 above the wildcard', who: 'M. Tsirkin, QEMU pci-testdev, 2013' }],
  policy: {},
  doorbell: { space: 'mmio', eventfd: true, length: 'width', datamatch: true },
  cpu: {},
  needs: [IOEVENTFD],
  breaks: [],
};
