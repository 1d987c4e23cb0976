import { describe, expect, it } from 'vitest';
import { KICK, madeRun } from '../results/made-run.ts';
import { choicesThatDiffer } from '../configure/choices.ts';
import { pairWarnings, tookSamePaths } from '../configure/pair-warnings.ts';
import { stageDifferenceTable, stepDifferenceTable, waterfall } from './comparison.ts';
import { verdictOf } from './verdict.ts';

const a = madeRun(0, [{ steps: KICK, count: 10 }]);
const more: typeof KICK = [...KICK, ['eventfd_signal', 1]];
const fewer: typeof KICK = KICK.filter(([step]) => step !== 'kvm_io_bus_cmp');
const b = madeRun(1, [{ steps: [...fewer, ['eventfd_signal', 1]], count: 10 }]);
const configured = (run: typeof a, change: object): typeof a => ({
  ...run,
  result: { ...run.result, configuration: { ...run.result.configuration, ...change } },
});

describe('waterfall', () => {
  it('goes from A to B stage by stage', () => {
    const { bars } = waterfall(a, b);
    expect(bars.map(({ name }) => name)).toEqual(['A run 0', 'bus', 'eventfd', 'B run 1']);
    for (let n = 1; n < bars.length - 1; n++)
      expect(bars[n]!.from).toBeCloseTo(n === 1 ? bars[0]!.to : bars[n - 1]!.to, 9);
    expect(bars.at(-2)!.to).toBeCloseTo(bars.at(-1)!.to, 9);
    expect(bars[1]!.text.startsWith('\u2212')).toBe(true);
    expect(bars[2]!.text.startsWith('+')).toBe(true);
  });

  it('has its numbers in the tables, worse and better marked', () => {
    const rows = stageDifferenceTable(a, b).rows;
    expect(rows.map(({ key }) => key)).toEqual(['guest', 'world switch', 'bus', 'eventfd', 'total']);
    expect(rows.map(({ cells }) => cells[3]!.mark)).toEqual([undefined, undefined, 'better', 'worse', 'worse']);
    const steps = stepDifferenceTable(a, b).rows;
    expect(steps.map(({ key, cells }) => [key, cells[2]!.raw])).toEqual([
      ['eventfd_signal', 1],
      ['kvm_io_bus_cmp', -2],
    ]);
  });
});

describe('what must be known of a comparison', () => {
  it('one choice: nothing', () => {
    const { warnings, sentence } = verdictOf(
      a,
      configured(madeRun(1, [{ steps: more, count: 10 }]), { design: 'pio' }),
    );
    expect(warnings).toEqual([]);
    expect(sentence).toMatch(/^run 1 costs .* more/);
  });

  it('more than one thing chosen differently', () => {
    const { warnings } = verdictOf(a, configured(b, { design: 'pio', kernel: '4.15' }));
    expect(warnings[0]).toContain('kernel, design');
    expect(
      choicesThatDiffer(a.result.configuration, { ...a.result.configuration, switches: { randomEvict: 2 } }),
    ).toEqual(['randomEvict']);
  });

  it('they never parted', () => {
    const twin = configured(madeRun(1, [{ steps: KICK, count: 10 }]), { vpid: false });
    expect(tookSamePaths(a.result, twin.result)).toBe(true);
    expect(verdictOf(a, twin)).toEqual({
      sentence: 'run 1 costs the same.',
      warnings: [expect.stringContaining('never parted')],
    });
  });

  it('before anything ran: only what was chosen', () => {
    const { configuration } = a.result;
    const other = { ...configuration, design: 'pio', vpid: false };
    const of = (chosen: typeof configuration) => ({ configuration: chosen, result: null });
    expect(pairWarnings(of(configuration), of(other))).toEqual([expect.stringContaining('design, vpid')]);
    expect(pairWarnings(of(configuration), of({ ...configuration, vpid: false }))).toEqual([]);
  });

  it('another number of accesses, and divergences', () => {
    const divergences = [{ kind: 'lost-write', text: '', access: '', line: 0, count: 2 }] as const;
    const { warnings } = verdictOf(
      a,
      configured(madeRun(1, [{ steps: KICK, count: 7 }], { divergences }), { seed: 2 }),
    );
    expect(warnings.join(' ')).toMatch(/A made 10 accesses, B 7.*2 divergences/);
  });
});
