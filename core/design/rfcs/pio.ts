import type { Design } from '../design.ts';
import { IOEVENTFD } from '../needs.ts';

export const pio: Design = {
  id: 'pio',
  title: 'ioeventfd on a port',
  source: 'KVM_IOEVENTFD_FLAG_PIO; handle_io() in arch/x86/kvm/vmx/vmx.c, ioeventfd_write() in virt/kvm/eventfd.c',
  claims: [
    { says: 'PIO 1762 cycles with a wildcard eventfd, 1777 with datamatch', who: 'M. Tsirkin, QEMU pci-testdev, 2013' },
  ],
  policy: {},
  doorbell: { space: 'pio', eventfd: true, length: 'width', datamatch: false },
  cpu: {},
  needs: [IOEVENTFD],
  breaks: ['ports are 16 bits wide and scarce; PCI Express bridges may have none to give'],
};
