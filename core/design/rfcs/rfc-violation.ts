import type { Design } from '../design.ts';
import { ADDRESS_ALONE, FAST_BUS, ZERO_LENGTH } from '../needs.ts';

export const rfcViolation: Design = {
  id: 'rfc-violation',
  title: 'The RFC as posted: probe at the head of the violation handler, read-only slot',
  source:
    'RFC "vmx: allow ioeventfd for EPT violations", M. Tsirkin, August 2015 (seed 001); the SVM patch was untested',
  claims: [
    { says: 'TLBs are cached, which finally makes MMIO as fast as port IO', who: 'M. Tsirkin, seed 001' },
    { says: 'ioeventfd memory is never read', who: 'M. Tsirkin, seed 001' },
    { says: 'you always do bus_write even if it is a read access', who: 'Xiao Guangrong, seed 001' },
    { says: 'the workload of _bus_write is added for all kinds of page fault', who: 'Xiao Guangrong, seed 001' },
    { says: 'the page table entry is nonpresent forever for eventfd memory', who: 'Xiao Guangrong, seed 001' },
    { says: 'it completely bypasses the logic of handling RO memslot', who: 'Xiao Guangrong, seed 001' },
  ],
  policy: { violationHook: 'head' },
  doorbell: { space: 'ro-slot', eventfd: true, length: 0, datamatch: false },
  cpu: {},
  needs: [ZERO_LENGTH, FAST_BUS],
  breaks: [
    ...ADDRESS_ALONE,
    'the page never becomes readable at the doorbell address unless another address in it is accessed',
    'no check for L2: a nested guest’s address is compared with L1’s doorbells',
    'relies on an instruction length that is undefined for an EPT violation',
  ],
};
