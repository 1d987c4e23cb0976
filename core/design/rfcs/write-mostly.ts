import type { Design } from '../design.ts';
import { ADDRESS_ALONE, FAST_BUS, FAST_ON_EPT, FAST_ON_NPT, RESERVED_NESTED, ZERO_LENGTH } from '../needs.ts';

export const writeMostly: Design = {
  id: 'write-mostly',
  title: 'Reserved SPTEs for a read-only region that is mostly written',
  source: 'Xiao Guangrong’s second alternative in the review of the RFC of August 2015 (seed 001)',
  claims: [
    {
      says: 'the MMU could give regions that are mostly written a reserved entry instead of a read-only one',
      who: 'Xiao Guangrong, seed 001',
    },
  ],
  policy: { readOnlySlotSpte: 'reserved-write-mostly' },
  doorbell: { space: 'ro-slot', eventfd: true, length: 0, datamatch: false },
  cpu: {},
  needs: [RESERVED_NESTED, ZERO_LENGTH, FAST_BUS, FAST_ON_EPT, FAST_ON_NPT],
  breaks: [...ADDRESS_ALONE, 'every read of the region exits and is emulated'],
};
