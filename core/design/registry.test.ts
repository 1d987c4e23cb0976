import { describe, expect, it } from 'vitest';
import { differences } from '../kvm/policy-differences.ts';
import { IO_POLICY_DOCS, POLICY_DOCS, SLOT_POLICY_DOCS } from '../kvm/policy-docs.ts';
import { applyDesign } from './apply.ts';
import { designs, findDesign, findKernel, kernels } from './registry.ts';

const kernel = (id: string) => {
  const found = findKernel(id);
  if (!found.ok) throw new Error(found.error);
  return found.value.policy;
};
const design = (id: string) => {
  const found = findDesign(id);
  if (!found.ok) throw new Error(found.error);
  return found.value;
};

describe('kernels', () => {
  it('are those of the spec, oldest first, each a full policy with a document for every field', () => {
    expect(kernels.map(({ id }) => id)).toEqual([
      '2.6.24',
      '2.6.26',
      '3.14',
      '3.15',
      '4.2',
      '4.15',
      '6.18',
      '6.19',
      '7.0',
    ]);
    for (const { policy } of kernels) {
      const { io, slots, ...own } = policy;
      expect(Object.keys(own).sort()).toEqual(Object.keys(POLICY_DOCS).sort());
      expect(Object.keys(slots).sort()).toEqual([...Object.keys(SLOT_POLICY_DOCS), 'generation'].sort());
      expect(Object.keys(io).sort()).toEqual(Object.keys(IO_POLICY_DOCS).sort());
    }
  });

  it.each([
    [
      '2.6.24',
      '2.6.26',
      ['bypassGuestPf', 'mmuLock', 'nestedPaging', 'shadowMmu', 'slots.userSlots', 'slotsGuard', 'vpid'],
    ],
    ['3.14', '3.15', ['fastMmioOnEptMisconfig', 'io.fastMmioTwin', 'io.ioeventfdFlags', 'io.zeroLength']],
    ['6.18', '6.19', ['mcHandling', 'pkru', 'xcr0']],
    ['6.19', '7.0', ['fastMmioOnNpf', 'nextRipRequired']],
    ['7.0', '7.0', []],
  ])('%s differs from %s in %j', (a, b, fields) => {
    expect(
      differences(kernel(a), kernel(b))
        .map(({ field }) => field)
        .sort(),
    ).toEqual(fields);
  });

  it('an unknown one is named with the list of those that exist', () => {
    expect(findKernel('5.0')).toEqual({
      ok: false,
      error: "unknown kernel '5.0'. Did you mean '7.0'? Known: 2.6.24, 2.6.26, 3.14, 3.15, 4.2, 4.15, 6.18, 6.19, 7.0.",
    });
  });
});

describe('designs', () => {
  it('have distinct ids, a source, and at least one claim each', () => {
    expect(new Set(designs.map(({ id }) => id)).size).toBe(designs.length);
    for (const { source, claims } of designs) {
      expect(source).not.toBe('');
      expect(claims.length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['fast-mmio', '3.14', 'ept', 'an ioeventfd of length 0 is refused'],
    ['fast-mmio', '3.15', 'ept', null],
    ['fast-mmio', '6.19', 'npt', 'FAST_MMIO on NPT needs Linux 7.0'],
    ['fast-mmio', '7.0', 'npt', null],
    ['write-mostly', '6.19', 'npt', 'FAST_MMIO on NPT needs Linux 7.0'],
    ['svm-fast-mmio', '7.0', 'ept', 'AMD nested paging'],
    ['rfc-violation', '4.2', 'npt', null],
    ['rfc-violation', '3.14', 'ept', 'an ioeventfd of length 0 is refused'],
    ['wildcard', '3.14', 'npt', null],
    ['pio', '3.14', 'ept', null],
    ['bypass-guest-pf', '2.6.24', 'shadow', null],
    ['bypass-guest-pf-2.6.26', '2.6.26', 'shadow', null],
    ['no-bypass', '2.6.26', 'shadow', null],
    ['bypass-guest-pf', '4.2', 'ept', 'choose --mmu shadow'],
    ['bypass-guest-pf', '4.2', 'shadow', 'that bit is in every fault KVM sees'],
    ['no-bypass', '4.2', 'shadow', 'existed from 2.6.25 to 3.0'],
    ['datamatch', '2.6.26', 'shadow', 'KVM_IOEVENTFD'],
    ['xcr0-pkru-outside', '6.18', 'ept', null],
    ['xcr0-pkru-outside-v1', '6.18', 'npt', null],
    ['xcr0-pkru-outside', '6.19', 'ept', 'choose --kernel 6.18'],
    ['xcr0-outside', '4.15', 'ept', 'no fastpath loop'],
    ['xcr0-pkru-inside', '6.19', 'npt', null],
    ['xcr0-inside', '6.18', 'ept', 'inside the loop already'],
    ['fast-mmio-fastpath', '6.18', 'ept', null],
    ['fast-mmio-fastpath', '6.18', 'npt', 'FAST_MMIO on NPT needs Linux 7.0'],
    ['svm-fast-mmio-fastpath', '7.0', 'npt', null],
    ['svm-fast-mmio-fastpath', '7.0', 'ept', 'choose --mmu npt'],
  ] as const)('%s on %s/%s: %s', (id, on, mmu, sentence) => {
    const applied = applyDesign(kernel(on), design(id), mmu);
    if (sentence === null) expect(applied.ok).toBe(true);
    else expect(applied).toEqual({ ok: false, error: expect.stringContaining(sentence) });
  });

  it('change only what they say they change', () => {
    for (const { policy } of kernels)
      for (const each of designs)
        for (const mmu of ['ept', 'npt', 'shadow'] as const) {
          const applied = applyDesign(policy, each, mmu);
          if (!applied.ok) continue;
          const changed = differences(policy, applied.value).map(({ field }) => field);
          expect(Object.keys(each.policy)).toEqual(expect.arrayContaining(changed));
        }
  });
});
