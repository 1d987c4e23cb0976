import { describe, expect, it } from 'vitest';
import { cpuModels, findCpuMachine, findCpuModel } from './cpu-models.ts';
import { hypercallExit } from './exit-frame.ts';
import { sandyBridge } from './models/sandy-bridge.ts';
import { priceOfSteps } from './price-vector.ts';
import { STEPS } from './steps.ts';
import type { CacheGeometry, CpuModel, TlbGeometry, TlbSet } from './cpu-model.ts';
import type { StepName } from './steps.ts';

const sum = (model: CpuModel, ...steps: StepName[]) =>
  steps.reduce((total, name) => total + model.prices[name].value, 0);

describe.each(cpuModels.map((model) => [model.id, model] as const))('%s', (_, model) => {
  it('prices every step within a range, on the clock grain, with kind and source', () => {
    expect(Object.keys(model.prices).sort()).toEqual(STEPS.map(({ name }) => name).sort());
    for (const [name, { value, low, high, kind, source }] of Object.entries(model.prices)) {
      expect(low, name).toBeGreaterThanOrEqual(0);
      expect(low, name).toBeLessThanOrEqual(value);
      expect(value, name).toBeLessThanOrEqual(high);
      expect(value * 16, name).toBe(Math.round(value * 16));
      expect(['read', 'derived', 'estimated'], name).toContain(kind);
      expect(kind !== 'estimated' || high > low, `${name}: an estimate has a range`).toBe(true);
      expect(source.length, name).toBeGreaterThan(3);
    }
  });

  it('costs its cheapest exit LX', () => {
    const { frame, skipReadsTrapFlag } = model.anchors.lxSetting;
    const cycles = priceOfSteps(hypercallExit(frame, skipReadsTrapFlag), model.prices);
    expect(Math.abs(cycles - model.anchors.lx.value)).toBeLessThan(2);
  });

  it('spends HWx in hardware', () => {
    const around = model.vendor === 'amd' ? sum(model, 'hw.vmload_vmsave', 'hw.stgi_clgi') : 0;
    expect(sum(model, 'hw.vmexit', 'hw.vmentry') + around).toBeCloseTo(model.anchors.hwx.value, 0);
  });

  it('adds UX for a round trip to userspace', () => {
    const cycles = sum(model, 'kvm_vcpu_ioctl.return', 'userspace.dispatch_pio', 'kvm_vcpu_ioctl.entry');
    expect(Math.abs(cycles / model.anchors.ux.value - 1)).toBeLessThan(0.001);
  });

  it('keeps fences and the eventfd within their published or estimated ranges', () => {
    expect(sum(model, 'srcu_read_lock', 'srcu_read_unlock')).toBe(60);
    expect(model.prices.eventfd_signal.value).toBeGreaterThanOrEqual(100);
    expect(model.prices.eventfd_signal.value).toBeLessThanOrEqual(150);
  });

  it('has caches and TLBs that divide into sets', () => {
    const { dtlb, itlb, stlb, storeDtlb, stlbInstr, l1d, l2, l3 } = model.geometry;
    for (const array of [dtlb, itlb, stlb, storeDtlb, stlbInstr].flatMap(arraysOf)) {
      expect(isPowerOfTwo(array.entries / array.ways)).toBe(true);
    }
    for (const { bytes, ways } of [l1d, l2, l3] satisfies CacheGeometry[])
      expect(isPowerOfTwo(bytes / 64 / ways)).toBe(true);
  });
});

const arraysOf = (set: TlbSet | null): TlbGeometry[] =>
  [set?.p4k, set?.p2m, set?.p1g, set?.shared?.geometry].filter(
    (array): array is TlbGeometry => typeof array === 'object' && array !== null,
  );
const isPowerOfTwo = (n: number) => n >= 1 && Number.isInteger(Math.log2(n));

describe('the table of best values', () => {
  it.each([
    ['nehalem', 1009, 2000, 5000, 20],
    ['sandy-bridge', 784, 1650, 3500, 23],
    ['haswell', 600, 1100, 3870, 19],
    ['skylake-sp', 600, 1540, 4500, 18],
    ['ice-lake-sp', 600, 1250, 4000, 20],
    ['sapphire-rapids', 500, 1000, 4000, 18],
    ['zen1', 1100, 1376, 3692, 20],
    ['zen2', 1000, 1376, 3692, 18],
    ['zen3', 950, 1400, 3692, 6.5],
    ['zen4', 950, 1450, 3692, 7.3],
  ])('%s: HWx %d, LX %d, UX %d, locked operation %d', (id, hwx, lx, ux, lock) => {
    const found = findCpuModel(id);
    if (!found.ok) throw new Error(found.error);
    const { anchors, prices } = found.value;
    expect([anchors.hwx.value, anchors.lx.value, anchors.ux.value]).toEqual([hwx, lx, ux]);
    expect(prices['guest.rmw'].value).toBeCloseTo(lock, 1);
  });

  it('names the models when one is unknown', () => {
    expect(findCpuModel('pentium')).toMatchObject({ ok: false, error: expect.stringContaining('zen4') as string });
  });
});

describe('published figures beside the anchors', () => {
  it('one emulated instruction on Sandy Bridge: 739 to 1109 cycles (kvm-unit-tests b5105e8b)', () => {
    const cycles = sum(
      sandyBridge,
      'x86_emulate_instruction',
      'x86_decode_insn.fetch',
      'x86_decode_insn',
      'x86_emulate_insn',
      'emulator_commit',
    );
    expect(cycles).toBeGreaterThan(739);
    expect(cycles).toBeLessThan(1109);
  });

  it('a refusing bus device on Zen 4: 21 ns at 2.596 GHz', () => {
    const found = findCpuModel('zen4');
    if (!found.ok) throw new Error(found.error);
    expect(sum(found.value, 'kvm_io_bus_cmp', 'kvm_iodevice_write', 'ioeventfd_write') / 2.596).toBeCloseTo(21, 0);
  });
});

describe('a CPU at the prices of another', () => {
  it('has the one geometry and the other prices', () => {
    const [haswell, priced] = [findCpuModel('haswell'), findCpuModel('haswell@skylake-sp')];
    const skylake = findCpuModel('skylake-sp');
    if (!haswell.ok || !priced.ok || !skylake.ok) throw new Error('not found');
    expect(priced.value.geometry).toBe(haswell.value.geometry);
    expect(priced.value.prices).toBe(skylake.value.prices);
    expect(priced.value.ghz).toBe(skylake.value.ghz);
    expect(priced.value.id).toBe('haswell@skylake-sp');
  });

  it('is refused where the prices are not known, or are of the other vendor; its runs can be made all the same', () => {
    expect(findCpuModel('haswell@my-host')).toMatchObject({
      error: expect.stringContaining("'my-host' are not known"),
    });
    expect(findCpuModel('haswell@zen3')).toMatchObject({ error: expect.stringContaining('other steps') });
    expect(findCpuMachine('haswell@my-host')).toMatchObject({ ok: true, value: { id: 'haswell' } });
    expect(findCpuMachine('haswel@my-host').ok).toBe(false);
  });
});
