import type { Design } from '../design.ts';
import { ADDRESS_ALONE, FAST_BUS, VIOLATION_EXITS, ZERO_LENGTH } from '../needs.ts';

export const rfcViolation: Design = {
  id: 'rfc-violation',
  title: 'The RFC as posted: probe at the head of the violation handler, read-only slot',
  source:
    'RFC "vmx: allow ioeventfd for EPT violations", M. Tsirkin, August 2015 (seed 001); the SVM patch was untested',
  claims: [
    { says: 'the TLB caches the page, so MMIO catches up with ports', who: 'M. Tsirkin, seed 001' },
    { says: 'nobody reads the memory of an ioeventfd', who: 'M. Tsirkin, seed 001' },
    { says: 'reads kick as well: the access type is not looked at', who: 'Xiao Guangrong, seed 001' },
    { says: 'every kind of page fault pays for the look-up', who: 'Xiao Guangrong, seed 001' },
    { says: 'nothing is ever installed for the page, so nothing can be cached', who: 'Xiao Guangrong, seed 001' },
    { says: 'the handling of read-only slots is bypassed', who: 'Xiao Guangrong, seed 001' },
  ],
  policy: { violationHook: 'head' },
  doorbell: { space: 'ro-slot', eventfd: true, length: 0, datamatch: false },
  cpu: {},
  needs: [VIOLATION_EXITS, ZERO_LENGTH, FAST_BUS],
  breaks: [
    ...ADDRESS_ALONE,
    'the page never becomes readable at the doorbell address unless another address in it is accessed',
    'no check for L2: a nested guest’s address is compared with L1’s doorbells',
    'relies on an instruction length that is undefined for an EPT violation',
  ],
};
