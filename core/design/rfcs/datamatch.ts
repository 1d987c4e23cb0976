import type { Design } from '../design.ts';

export const datamatch: Design = {
  id: 'datamatch',
  title: 'ioeventfd matched by address, length and data',
  source: 'KVM_IOEVENTFD_FLAG_DATAMATCH; kvm-semantics.md section 5.4, flow F3',
  claims: [{ says: 'MMIO 3685 cycles, 76 above the wildcard', who: 'M. Tsirkin, QEMU pci-testdev, 2013' }],
  policy: {},
  doorbell: { space: 'mmio', eventfd: true, length: 'width', datamatch: true },
  cpu: {},
  needs: [],
  breaks: [],
};
