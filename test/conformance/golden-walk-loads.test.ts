import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT } from '../../core/cpu/cpu.ts';
import { A, D, EPT_A, EPT_D, EPT_RWX, EPT_WB, P, U, W } from '../driver/tables.ts';
import { AMD, BARE, INTEL, TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x40_0000_0000n;
const LEAF = P | W | U | A | D;
const NPT_BARE = { pscSizes: 0, nestedTlbEntries: 0 };

function walked(nested: 'ept' | 'npt', guestLevels: 4 | 5, nestedLevels: 4 | 5, guestLeaf: number, nestedLeaf: number) {
  const vcpu = new TestVcpu({
    config: { nested, ...(nested === 'npt' ? NPT_BARE : BARE) },
    guestLevels,
    nestedLevels,
  });
  const gfn = 1 << 18;
  const bits = nested === 'npt' ? LEAF : EPT_RWX | EPT_WB | EPT_A | EPT_D;
  if (nestedLeaf === 3) vcpu.nested!.map(BigInt(gfn) << 12n, 1 << 18, bits, 3);
  else vcpu.backGuest(gfn, nestedLeaf, bits);
  vcpu.mapGuest(GVA, gfn, LEAF, guestLeaf);
  // The guest's own tables lie on host pages of the same size as the data, where that matters for the count.
  if (nestedLeaf > 1) vcpu.retable(nestedLeaf);
  return vcpu.loadsOf(() => expect(vcpu.read(GVA)).toBe(CPU_DONE));
}

describe('loads of a cold nested walk: (g + 1)(h + 1) - 1', () => {
  it.each([
    ['4K on 4K', 4, 4, 1, 1, 24, 4],
    ['2M on 4K', 4, 4, 2, 1, 19, 3],
    ['4K on 2M', 4, 4, 1, 2, 19, 4],
    ['2M on 2M', 4, 4, 2, 2, 15, 3],
    ['1G on 1G', 4, 4, 3, 3, 8, 2],
    ['4K on 4K, 5 levels', 5, 5, 1, 1, 35, 5],
    ['2M on 4K, 5 levels', 5, 5, 2, 1, 29, 4],
    ['4K on 2M, 5 levels', 5, 5, 1, 2, 29, 5],
    ['2M on 2M, 5 levels', 5, 5, 2, 2, 24, 4],
    ['5-level guest on 4-level host', 5, 4, 1, 1, 29, 5],
    ['4-level guest on 5-level host', 4, 5, 1, 1, 29, 4],
  ] as const)('%s', (_, guestLevels, nestedLevels, guestLeaf, nestedLeaf, all, guest) => {
    for (const nested of ['ept', 'npt'] as const) {
      const loads = walked(nested, guestLevels, nestedLevels, guestLeaf, nestedLeaf);
      expect(loads).toEqual({ guest, nested: all - guest, all });
    }
  });

  it.each([
    [4, 1, 4],
    [4, 2, 3],
    [4, 3, 2],
    [5, 1, 5],
    [5, 2, 4],
    [5, 3, 3],
  ] as const)('native, %i levels, leaf of level %i: %i', (guestLevels, leaf, all) => {
    const vcpu = new TestVcpu({ config: { nested: 'none', ...BARE }, guestLevels });
    vcpu.mapGuest(GVA, 0, LEAF, leaf);
    const loads = vcpu.loadsOf(() => expect(vcpu.read(GVA)).toBe(CPU_DONE));
    expect(loads).toEqual({ guest: all, nested: 0, all });
  });
});

describe('loads of a re-walk, default switches (per write to a doorbell page)', () => {
  /** A guest whose tables are warm, and a doorbell page next to the data page that warmed them. */
  function doorbell(config: object = {}): { vcpu: TestVcpu; bell: bigint; gpa: bigint } {
    const vcpu = new TestVcpu({ config });
    vcpu.page(GVA);
    const bell = GVA + 0x1000n;
    const gfn = 1 << 20;
    vcpu.backGuest(gfn);
    vcpu.mapGuest(bell, gfn);
    vcpu.read(GVA);
    return { vcpu, bell, gpa: BigInt(gfn) << 12n };
  }
  const kick = (vcpu: TestVcpu, bell: bigint): void => {
    expect(vcpu.write(bell, 1n, 4)).toBe(CPU_EXIT);
    vcpu.cpu.enterGuest();
    vcpu.paths.end();
  };
  const steady = (vcpu: TestVcpu, bell: bigint): number => {
    for (let i = 0; i < 4; i++) kick(vcpu, bell);
    return vcpu.loadsOf(() => kick(vcpu, bell)).all;
  };

  it('EPT misconfiguration, VPID on: 2 (guest PTE, EPT leaf)', () => {
    const { vcpu, bell, gpa } = doorbell();
    vcpu.nested!.setEntry(gpa, 1, 0x6n);
    expect(steady(vcpu, bell)).toBe(2);
  });

  it('EPT misconfiguration, VPID off: 5 (combined entries are lost, guest-physical ones are not)', () => {
    const { vcpu, bell, gpa } = doorbell({ vpid: false });
    vcpu.nested!.setEntry(gpa, 1, 0x6n);
    expect(steady(vcpu, bell)).toBe(5);
  });

  it.each([
    ['read-only', 1n],
    ['not present', 0n],
  ])('EPT violation, %s: 8 (four guest entries, four of EPT)', (_, rights) => {
    const { vcpu, bell, gpa } = doorbell();
    vcpu.nested!.setEntry(gpa, 1, (vcpu.nested!.entry(gpa, 1) & ~7n) | rights);
    vcpu.cpu.invalidation.everything();
    expect(steady(vcpu, bell)).toBe(8);
  });

  it('EPT violation that leaves the paging-structure caches alone: 2', () => {
    const { vcpu, bell, gpa } = doorbell({ eptViolationDropsPsc: false });
    vcpu.nested!.setEntry(gpa, 1, 0n);
    expect(steady(vcpu, bell)).toBe(2);
  });

  it('only the EPT PDE cached for all: 9', () => {
    // No guest paging-structure cache, no nested TLB; each table and the data lie under the same EPT PDE.
    const vcpu = new TestVcpu({ config: { nestedTlbEntries: 0 } });
    vcpu.page(GVA);
    vcpu.read(GVA);
    vcpu.cpu.invalidation.allLinear();
    expect(vcpu.loadsOf(() => vcpu.read(GVA)).all).toBe(9);
  });

  it('reads of a read-only page between writes hit the TLB and do not exit', () => {
    const { vcpu, bell, gpa } = doorbell();
    vcpu.nested!.setEntry(gpa, 1, (vcpu.nested!.entry(gpa, 1) & ~7n) | 1n);
    for (let i = 0; i < 3; i++) kick(vcpu, bell);
    expect(vcpu.read(bell)).toBe(CPU_DONE);
    expect(vcpu.loadsOf(() => expect(vcpu.read(bell)).toBe(CPU_DONE)).all).toBe(0);
  });

  it('NPT with a reserved bit: a fault found through cached entries is confirmed from memory, then drops them', () => {
    const vcpu = new TestVcpu({ config: { nested: 'npt' }, geometry: AMD });
    const gfn = 1 << 20;
    vcpu.backGuest(gfn);
    vcpu.mapGuest(GVA, gfn);
    vcpu.nested!.setEntry(BigInt(gfn) << 12n, 1, P | (1n << 48n));
    // 4 guest entries, whose tables stay in the nested TLB, and 4 nested ones.
    expect(steady(vcpu, GVA)).toBe(8);
    const plain = new TestVcpu({ config: { nested: 'npt', npfDropsTranslation: false }, geometry: AMD });
    plain.backGuest(gfn);
    plain.mapGuest(GVA, gfn);
    plain.nested!.setEntry(BigInt(gfn) << 12n, 1, P | (1n << 48n));
    expect(steady(plain, GVA)).toBe(2);
  });
});

describe('reach of the TLBs', () => {
  it.each([
    ['Intel, first level', INTEL, 64, 0],
    ['Intel, second level', INTEL, 1536, 0],
    ['AMD, first level', AMD, 72, 0],
    ['AMD, second level', AMD, 3072, 0],
  ] as const)('%s', (_, geometry, pages, walks) => {
    const vcpu = new TestVcpu({ geometry, config: { nested: geometry === AMD ? 'npt' : 'ept' } });
    const chase = (): void => {
      for (let n = 0; n < pages; n++) vcpu.read(GVA + BigInt(n) * 4096n);
    };
    for (let n = 0; n < pages; n++) vcpu.page(GVA + BigInt(n) * 4096n);
    chase();
    const steps = vcpu.stepsOf(chase);
    expect(steps['walk.fixed'] ?? 0).toBe(walks);
    expect(steps['guest.dtlb_l2_hit'] ?? 0).toBe(pages <= 72 ? 0 : pages);
  });
});
