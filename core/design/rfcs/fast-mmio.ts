import type { Design } from '../design.ts';
import { ADDRESS_ALONE, FAST_BUS, FAST_ON_EPT, FAST_ON_NPT, ZERO_LENGTH } from '../needs.ts';

export const fastMmio: Design = {
  id: 'fast-mmio',
  title: 'Zero-length ioeventfd on the FAST_MMIO bus',
  source: '68c3b4d1676d "KVM: VMX: speed up wildcard MMIO EVENTFD" (seed 000); 01cde4eaaeca for AMD',
  claims: [
    { says: 'with it an MMIO eventfd on VMX costs about what a port costs', who: 'M. Tsirkin, seed 000' },
    { says: 'other MMIO gets no slower that could be measured', who: 'M. Tsirkin, seed 000' },
    {
      says: 'each access walks the tables, because reserved entries are never cached',
      who: 'M. Tsirkin, seed 001, of this design',
    },
  ],
  policy: {},
  doorbell: { space: 'mmio', eventfd: true, length: 0, datamatch: false },
  cpu: {},
  needs: [ZERO_LENGTH, FAST_BUS, FAST_ON_EPT, FAST_ON_NPT],
  breaks: [
    ...ADDRESS_ALONE,
    'a page-crossing store whose second page starts with the doorbell loses its RAM half',
    'RAM created over the address is not seen while the stale MMIO SPTE stands',
  ],
};
