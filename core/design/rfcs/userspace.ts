import type { Design } from '../design.ts';

export const userspace: Design = {
  id: 'userspace',
  title: 'No eventfd: every kick goes to userspace',
  source: 'KVM_EXIT_MMIO; struct kvm_run in Documentation/virt/kvm/api.rst',
  claims: [
    { says: 'MMIO 8796 against 3609 cycles with a wildcard eventfd', who: 'M. Tsirkin, QEMU pci-testdev, 2013' },
  ],
  policy: {},
  doorbell: { space: 'mmio', eventfd: false, length: 'width', datamatch: false },
  cpu: {},
  needs: [],
  breaks: [],
};
