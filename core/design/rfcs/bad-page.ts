import type { Design } from '../design.ts';
import { FAST_BUS, VIOLATION_EXITS, ZERO_LENGTH } from '../needs.ts';

export const badPage: Design = {
  id: 'bad-page',
  title: 'Probe where a write to a read-only slot was recognised (kvm_handle_bad_page)',
  source: 'Xiao Guangrong’s first alternative in the review of the RFC of August 2015 (seed 001)',
  claims: [
    { says: 'the lockless walk of fast_page_fault() comes on top, which is small', who: 'Xiao Guangrong, seed 001' },
    { says: 'this is a slow path by design; it would have to be restructured to perform', who: 'M. Tsirkin, seed 001' },
  ],
  policy: { violationHook: 'bad-page' },
  doorbell: { space: 'ro-slot', eventfd: true, length: 0, datamatch: false },
  cpu: {},
  needs: [VIOLATION_EXITS, ZERO_LENGTH, FAST_BUS],
  breaks: [
    'a locked read-modify-write is skipped as a whole: flags and registers keep their old values',
    'relies on an instruction length that is undefined for an EPT violation',
  ],
};
