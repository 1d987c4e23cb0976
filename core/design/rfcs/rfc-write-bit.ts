import type { Design } from '../design.ts';
import { rfcViolation } from './rfc-violation.ts';

export const rfcWriteBit: Design = {
  ...rfcViolation,
  id: 'rfc-write-bit',
  title: 'The RFC with a test of the write bit',
  source: 'seed 001, objection 1, answered with the exit qualification (error code on AMD); never posted',
  claims: [
    { says: 'the guest may read the region, so the access type has to be looked at', who: 'Xiao Guangrong, seed 001' },
  ],
  policy: { violationHook: 'head-write-only' },
  breaks: [
    'a locked read-modify-write is skipped as a whole: flags and registers keep their old values',
    'a page-table walk that sets an accessed or dirty bit through the address counts as a kick',
    'no check for L2: a nested guest’s address is compared with L1’s doorbells',
    'relies on an instruction length that is undefined for an EPT violation',
  ],
};
