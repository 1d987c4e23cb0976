import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCpuModel } from '../../cost/cpu-models.ts';
import type { StepName } from '../../cost/steps.ts';
import { parseConfigurations } from '../configurations.ts';
import { priceResult, type Bounds } from '../pricing.ts';
import type { Configuration } from '../result.ts';
import { calibrate, type Host } from './calibrate.ts';
import { cholesky, solve } from './cholesky.ts';
import { explainedVariance, fitPrices, type Equation } from './fit.ts';
import { readMeasured } from './measured-rows.ts';
import { markPrediction } from './prediction-mark.ts';
import { EXIT_TESTS, exitTestPath } from './unit-test-exits.ts';

const HOST: Host = { name: 'host', cpu: 'a CPU', microcode: '', kernel: '', mitigations: 'default', ghz: 2.5 };

function configuration(cpu = 'skylake-sp'): Configuration {
  const mmu = cpu.startsWith('zen') ? 'npt' : 'ept';
  const found = parseConfigurations({ cpus: [cpu], mmus: [mmu], designs: ['userspace'] });
  if (!found.ok) throw new Error(found.error);
  return found.value[0]!;
}

const value = <T>(result: { ok: true; value: T } | { ok: false; error: string }): T => {
  if (!result.ok) throw new Error(result.error);
  return result.value;
};

describe('linear algebra', () => {
  it('solves what it was given: any positive definite system', () => {
    const entries = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(
        entries,
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (m, x) => {
          const a = new Float64Array(9);
          for (let i = 0; i < 3; i++)
            for (let j = 0; j < 3; j++)
              a[i * 3 + j] = (i === j ? 1 : 0) + [0, 1, 2].reduce((sum, k) => sum + m[i * 3 + k]! * m[j * 3 + k]!, 0);
          const b = [0, 1, 2].map((i) => [0, 1, 2].reduce((sum, j) => sum + a[i * 3 + j]! * x[j]!, 0));
          [...solve(cholesky(a, 3), 3, b)].forEach((found, i) => expect(found).toBeCloseTo(x[i]!, 6));
        },
      ),
    );
  });
});

describe('a fit', () => {
  const priors = new Map<StepName, Bounds>([
    ['hw.vmexit', { low: 100, value: 300, high: 500 }],
    ['hw.vmentry', { low: 100, value: 300, high: 500 }],
    ['eventfd_signal', { low: 0, value: 100, high: 400 }],
    ['guest.read', { low: 1, value: 1, high: 1 }],
  ]);
  const row = (name: string, measured: number, sigma: number, times: Partial<Record<StepName, number>>): Equation => ({
    name,
    measured,
    sigma,
    times: new Map(Object.entries(times) as [StepName, number][]),
  });

  it('of one row and one price is the textbook mean of prior and measurement', () => {
    const { prices } = fitPrices([row('a', 400, 50, { 'hw.vmexit': 1 })], priors);
    // Prior 300 with sigma 100, measured 400 with sigma 50: weights 1 to 4.
    expect(prices[0]!.value).toBeCloseTo(380, 9);
    expect(prices[0]!.sigma).toBeCloseTo(Math.sqrt(1 / (1 / 100 ** 2 + 1 / 50 ** 2)), 9);
    expect(prices[0]!.learned).toBeCloseTo(0.8, 9);
  });

  it('gives a price without a range no blame, and says what it cannot tell apart', () => {
    const { prices, inseparable, entangled, rows } = fitPrices(
      [
        row('a', 900, 1, { 'hw.vmexit': 1, 'hw.vmentry': 1, 'guest.read': 5 }),
        row('b', 1000, 1, { 'hw.vmexit': 1, 'hw.vmentry': 1, eventfd_signal: 1 }),
      ],
      priors,
    );
    const of = (step: StepName): number => prices.find((one) => one.step === step)!.value;
    expect(of('guest.read')).toBe(1);
    expect(of('hw.vmexit') + of('hw.vmentry')).toBeCloseTo(895, 0);
    expect(of('hw.vmexit')).toBeCloseTo(of('hw.vmentry'), 9);
    expect(inseparable).toEqual([['hw.vmexit', 'hw.vmentry']]);
    expect(entangled).toEqual([]);
    expect(rows.map(({ name, before }) => [name, before])).toEqual([
      ['a', 605],
      ['b', 700],
    ]);
  });

  it('holds a price at 0 rather than below', () => {
    const { prices, rows } = fitPrices(
      [row('a', 500, 1, { 'hw.vmexit': 1 }), row('b', 450, 1, { 'hw.vmexit': 1, eventfd_signal: 1 })],
      priors,
    );
    expect(prices.every((one) => one.value >= 0)).toBe(true);
    expect(Math.abs(rows[0]!.fitted - rows[0]!.measured)).toBeLessThan(60);
  });

  it('predicts a row left out from the others alone', () => {
    const rows = [row('a', 700, 1, { 'hw.vmexit': 1 }), row('b', 1400, 1, { 'hw.vmexit': 2 })];
    const found = fitPrices(rows, priors).rows;
    const alone = fitPrices([rows[0]!], priors).prices[0]!.value;
    expect(found[1]!.leftOut).toBeCloseTo(2 * alone, 9);
  });

  it('explains all of a cost that was measured, and nothing of one that shares no step', () => {
    const rows = [row('a', 700, 1e-6, { 'hw.vmexit': 1 })];
    expect(explainedVariance(new Map([['hw.vmexit', 3]]), rows, priors)).toBeCloseTo(1, 6);
    expect(explainedVariance(new Map([['eventfd_signal', 3]]), rows, priors)).toBe(0);
    expect(explainedVariance(new Map([['guest.read', 3]]), rows, priors)).toBe(1);
    // Half of the variance is the measured step's.
    expect(
      explainedVariance(
        new Map([
          ['hw.vmexit', 1],
          ['hw.vmentry', 1],
        ]),
        rows,
        priors,
      ),
    ).toBeCloseTo(0.5, 6);
  });
});

describe('a calibration', () => {
  it('recovers planted prices as far as the tests of vmexit.flat can tell them', () => {
    const model = value(findCpuModel('skylake-sp'));
    const at = configuration();
    // A host on which the round trip to userspace costs half as much again and everything else what the model says.
    const dear = new Set<string>([
      'kvm_vcpu_ioctl.return',
      'kvm_vcpu_ioctl.entry',
      'userspace.dispatch_pio',
      'userspace.dispatch_mmio',
    ]);
    const priceOf = (step: string): number => model.prices[step as StepName].value * (dear.has(step) ? 1.5 : 1);
    const lines = Object.keys(EXIT_TESTS).map((name) => {
      const path = value(exitTestPath(name, at));
      const cycles = path.steps.reduce((sum, [step, times]) => sum + times * priceOf(step), 0);
      return `${name} ${Math.round(cycles)}`;
    });
    const { fit } = value(calibrate(value(readMeasured(lines.join('\n'))), HOST, at));
    for (const { name, measured, fitted, leftOut } of fit.rows) {
      expect(Math.abs(fitted / measured - 1), `${name} fitted`).toBeLessThan(0.02);
      // The VMM's work for MMIO is in no other row: nothing but the prior can tell it.
      if (name !== 'mmio-no-eventfd:pci-mem')
        expect(Math.abs(leftOut! / measured - 1), `${name} left out`).toBeLessThan(0.1);
    }
    const sum = (of: (step: StepName) => number): number =>
      of('kvm_vcpu_ioctl.return') + of('kvm_vcpu_ioctl.entry') + of('userspace.dispatch_pio');
    const fitted = sum((step) => fit.prices.find((one) => one.step === step)!.value);
    expect(Math.abs(fitted / (1.5 * sum((step) => model.prices[step].value)) - 1)).toBeLessThan(0.05);
    expect(
      fit.inseparable.some(
        (group) => group.includes('kvm_vcpu_ioctl.return') && group.includes('kvm_vcpu_ioctl.entry'),
      ),
    ).toBe(true);
  });

  it('marks what lies within the measured rows, and what does not', () => {
    const at = configuration();
    const found = value(calibrate(value(readMeasured('vmcall 1540\ncpuid 1700\ninl_from_qemu 6800')), HOST, at));
    const priors = new Map(
      Object.entries(value(findCpuModel('skylake-sp')).prices).map(([step, price]) => [
        step as StepName,
        price as Bounds,
      ]),
    );
    const markOf = (test: string) => {
      const priced = value(priceResult([value(exitTestPath(test, at))], found));
      return markPrediction(priced, found.equations, priors).mark;
    };
    expect(markOf('inl_from_pmtimer')).toBe('interpolated');
    expect(markOf('vmcall')).toBe('interpolated');
    expect(markOf('mmio-wildcard-eventfd:pci-mem')).toBe('extrapolated');
  });

  it('leaves the prices that no row touched as they were, and says of the others that they were fitted', () => {
    const { prices } = value(calibrate(value(readMeasured('cpuid 1500')), HOST, configuration()));
    const model = value(findCpuModel('skylake-sp'));
    expect(prices.x86_decode_insn).toEqual(model.prices.x86_decode_insn);
    expect(prices.kvm_emulate_cpuid.source).toContain('fitted to host');
  });
});

describe('measured rows', () => {
  it.each([
    [
      'vmexit.flat of one run',
      'enabling apic\ncpuid 1098\nvmcall 1005\n',
      [
        ['cpuid', [1098]],
        ['vmcall', [1005]],
      ],
    ],
    ['several runs', 'cpuid 1087\ncpuid 1110\n', [['cpuid', [1087, 1110]]]],
    [
      'a quoted mail',
      '> cpuid 1018\n>> vmcall 1000\n',
      [
        ['cpuid', [1018]],
        ['vmcall', [1000]],
      ],
    ],
    [
      'the test device',
      'pci-testdev at 0x20 membar febf1000 iobar c000\nmmio-no-eventfd:pci-mem 8796\n',
      [['mmio-no-eventfd:pci-mem', [8796]]],
    ],
    [
      'pairs typed in',
      'cpuid = 1,018 cycles\nvmcall: 1.0e3',
      [
        ['cpuid', [1018]],
        ['vmcall', [1000]],
      ],
    ],
    [
      'times',
      'cpuid 0.4 us\nvmcall 400 ns',
      [
        ['cpuid', [400]],
        ['vmcall', [400]],
      ],
    ],
  ])('are read from %s', (_what, text, rows) => {
    expect(value(readMeasured(text)).rows.map(({ test, values }) => [test, values])).toEqual(rows);
  });

  it('are read from both tables of perf kvm stat, on the host clock', () => {
    const old = [
      '             VM-EXIT    Samples  Samples%     Time%    Min Time    Max Time         Avg time',
      '                 HLT     101128    75.33%    99.66%      0.43us 901000.66us    310.88us ( +-   8.46% )',
      '               CPUID        982     0.73%     0.01%      0.42us    137.68us      2.05us ( +-   9.88% )',
      'Total Samples:50477, Total events handled time:168288630.04us.',
    ].join('\n');
    const fresh = [
      'Event name                Samples   Sample%    Time (ns)     Time%   Max Time (ns)   Min Time (ns)  Mean Time (ns)',
      'CPUID                      26968     54.00%    2003031800    40.00%     3361400         27600          742',
      'EPT_MISCONFIG              26968     54.00%    2003031800    40.00%     3361400         27600          74274',
    ].join('\n');
    expect(value(readMeasured(old))).toEqual({
      rows: [{ test: 'cpuid', values: [2050], unit: 'ns', clock: 'host', line: 3, error: 9.88 / 100 }],
      unused: [{ line: 2, why: 'HLT is idle time' }],
    });
    expect(value(readMeasured(fresh))).toEqual({
      rows: [{ test: 'cpuid', values: [742], unit: 'ns', clock: 'host', line: 2, error: 0 }],
      unused: [{ line: 3, why: 'EPT_MISCONFIG stands for more than one path' }],
    });
  });

  it.each([
    ['cpuid -5', 'line 1: cpuid cannot take -5 cycles'],
    ['cpuid 0', 'line 1: cpuid cannot take 0 cycles'],
    ['vmcall 1000\ncpiud 900', "line 2: unknown test 'cpiud'. Did you mean 'cpuid'?"],
    ['cpuid 1000\nvmcall 400 ns', 'line 2: units are mixed: ns here, cycles before'],
    ['cpuid 1,5', "line 1: '1,5' is no number: a comma stands between thousands"],
    ['hello there my friend', "line 1: 'hello there my friend' is no test with its cycles"],
    ['', 'there is no test with its cycles in it'],
    ['ipi 4238', 'there is no test with its cycles in it'],
  ])('%j is refused with the line', (text, sentence) => {
    expect(readMeasured(text)).toMatchObject({ ok: false, error: expect.stringContaining(sentence) as string });
  });
});
