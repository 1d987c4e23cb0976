import type { Design } from '../design.ts';
import { IOEVENTFD, READONLY_MEM } from '../needs.ts';

export const roEmulated: Design = {
  id: 'ro-emulated',
  title: 'Mainline: a write to a read-only slot is emulated and finds the ioeventfd on the MMIO bus',
  source: 'KVM_MEM_READONLY; kvm_handle_error_pfn(), before that kvm_handle_bad_page(), in arch/x86/kvm/mmu/mmu.c',
  claims: [{ says: 'everything behind fast_page_fault() is meant to be slow and rare', who: 'M. Tsirkin, seed 001' }],
  policy: {},
  doorbell: { space: 'ro-slot', eventfd: true, length: 'width', datamatch: false },
  cpu: {},
  needs: [IOEVENTFD, READONLY_MEM],
  breaks: [],
};
