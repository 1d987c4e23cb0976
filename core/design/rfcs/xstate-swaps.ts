import type { Design } from '../design.ts';
import { FASTPATH_LOOP, MC_INSIDE, PKRU_INSIDE, PKRU_OUTSIDE, XCR0_INSIDE, XCR0_OUTSIDE } from '../needs.ts';
import { fastMmio } from './fast-mmio.ts';

const SOURCE =
  '"KVM: x86: Load guest/host XCR0, XSS and PKRU outside of the fastpath run loop", version 1 of 30 October 2025 (seed 003), version 2 of 18 November 2025';

const CLAIMS: Design['claims'] = [
  { says: 'the fastpath saves about 300 cycles on Intel, about 500 on AMD', who: 'S. Christopherson, seed 003' },
  { says: 'a guest that does nothing but fastpath exits gains about 25 %', who: 'S. Christopherson, seed 003' },
  { says: 'there is basically no gain for the workload that started it', who: 'S. Christopherson, seed 003' },
];

/** Version 1 of patch 2, which broke TDX. */
const V1_BREAKS = [
  'on a TD vCPU the interrupt that caused an EXTERNAL_INTERRUPT exit is never served: the host locks up',
];

type Place = 'inner' | 'outer';

function swaps(id: string, title: string, xcr0: Place, pkru: Place, needs: Design['needs']): Design {
  return {
    ...fastMmio,
    id,
    title,
    source: SOURCE,
    claims: CLAIMS,
    policy: { xcr0, pkru, mcHandling: 'v2' },
    needs: [FASTPATH_LOOP, ...needs],
    breaks: [],
    onlyByName: true,
  };
}

const version1 = (design: Design): Design => ({
  ...design,
  id: `${design.id}-v1`,
  title: `${design.title}, machine checks by version 1`,
  policy: { ...design.policy, mcHandling: 'v1' },
  breaks: V1_BREAKS,
});

const machineChecks = swaps('mc-outside', 'Machine checks handled outside the loop, nothing else', 'inner', 'inner', [
  XCR0_INSIDE,
]);
const xcr0 = swaps('xcr0-outside', 'XCR0 and XSS swapped outside the fastpath loop', 'outer', 'inner', [XCR0_INSIDE]);
const pkru = swaps('pkru-outside', 'PKRU swapped outside the fastpath loop', 'inner', 'outer', [PKRU_INSIDE]);
const both = swaps('xcr0-pkru-outside', 'XCR0, XSS and PKRU swapped outside the fastpath loop', 'outer', 'outer', [
  XCR0_INSIDE,
]);

/** Patch 3 without patches 1 and 2. */
const withoutPatches: Design = {
  ...xcr0,
  id: 'xcr0-outside-mc-inside',
  title: 'XCR0 and XSS outside the loop, machine checks still inside: patch 3 without patches 1 and 2',
  policy: { ...xcr0.policy, mcHandling: 'inside' },
  needs: [FASTPATH_LOOP, XCR0_INSIDE, MC_INSIDE],
  breaks: ["a machine check during VM entry (VMX) or in the guest (SVM) is handled with the guest's XCR0 loaded"],
};

const inside = (id: string, title: string, x: Place, p: Place, needs: Design['needs']): Design => ({
  ...swaps(id, title, x, p, needs),
  claims: [{ says: 'as it was to 6.18', who: 'the reverse of seed 003' }],
});

/** Seed 003: the four places, with machine checks by version 2 and by version 1; and on 6.19 and later the way back. */
export const xstateSwaps: readonly Design[] = [
  ...[machineChecks, xcr0, pkru, both].flatMap((design) => [design, version1(design)]),
  withoutPatches,
  inside('xcr0-inside', 'XCR0 and XSS swapped at every entry again', 'inner', 'outer', [XCR0_OUTSIDE]),
  inside('pkru-inside', 'PKRU swapped at every entry again', 'outer', 'inner', [PKRU_OUTSIDE]),
  inside('xcr0-pkru-inside', 'XCR0, XSS and PKRU swapped at every entry again', 'inner', 'inner', [XCR0_OUTSIDE]),
];
