import { STEP } from '../../../cost/steps.ts';
import type { Vcpu } from '../../vcpu.ts';
import { isCanonicalHi } from '../guest-walk.ts';
import { LEVEL } from '../spte.ts';
import type { Fault } from './fault.ts';
import { prefetchEntry } from './prefetch.ts';
import type { ShadowContext } from './shadow-context.ts';
import { syncSpte } from './sync-page.ts';
import { PREVIOUS, REQUEST } from './vcpu-roots.ts';
import { zapPte } from './zap.ts';

/** Which roots an invalidation looks at: bit n for root n. */
export const CURRENT = 1;
export const EVERY = (1 << (PREVIOUS + 1)) - 1;

/**
 * kvm_mmu_invalidate_addr: what is cached of a linear address is dropped from the CPU, and its entry synchronised below these roots where it stands
 * in an unsync page. Kernels without cached roots ask for a flush of everything instead (kvm_mmu_invlpg).
 */
export function invalidateAddress(c: ShadowContext, vcpu: Vcpu, fault: Fault, roots: number): void {
  const { hi, lo } = fault;
  const { levels } = c.rootsOf(vcpu);
  if (levels >= 4 && !isCanonicalHi(levels, hi)) return;
  if (c.kvm.policy.cachedRoots > 0) vcpu.flushAddress(hi, lo);
  else c.rootsOf(vcpu).request(REQUEST.FLUSH_CURRENT);
  if (levels === 0) return;
  vcpu.mmioCache.clearGva(hi, lo);
  for (let n = 0; n <= PREVIOUS; n++) if ((roots & (1 << n)) !== 0) invalidateBelow(c, vcpu, fault, n);
}

function invalidateBelow(c: ShadowContext, vcpu: Vcpu, fault: Fault, n: number): void {
  const { marks } = c;
  const roots = c.rootsOf(vcpu);
  const it = fault.iterator;
  if (roots.frame(n) === 0 || !it.start(c, roots.frame(n), roots.paeFrame, fault.hi, fault.lo)) return;
  c.lock();
  for (;;) {
    c.paths.add(STEP.kvm_mmu_invalidate_addr);
    if (marks.isUnsync(it.page)) syncEntry(c, vcpu, it.page, it.index);
    if (marks.childrenOf(it.page) === 0 || it.level === LEVEL.P4K || !it.leadsOn(c)) break;
    it.descend(c);
  }
  c.unlock();
}

function syncEntry(c: ShadowContext, vcpu: Vcpu, page: number, index: number): void {
  const { pages } = c;
  const isSet = pages.entryLo(page, index) !== 0 || pages.entryHi(page, index) !== 0;
  if (c.kvm.policy.invlpgSync === 'zap-and-prefetch') {
    if (zapPte(c, page, index)) c.flushRemote();
    prefetchEntry(c, vcpu, page, index);
    return;
  }
  if (!isSet) return;
  const result = syncSpte(c, page, index);
  if (result < 0) zapPte(c, page, index);
  if (result !== 0) c.flushRemote();
}
