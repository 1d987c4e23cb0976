import { describe, expect, it } from 'vitest';
import { comparePair } from './compare.ts';
import { modelWith, path, runOf } from './fixtures.ts';

const dear = modelWith({
  x86_decode_insn: [900, 1000, 1200],
  eventfd_signal: [10, 100, 3000],
  'guest.write': [1, 1, 1],
});
const kick = (...steps: Parameters<typeof path>[1][]): ReturnType<typeof path> =>
  path(100, ['guest.write', 1], ...steps);

describe('a comparison', () => {
  it('of identical runs is no difference, and nobody makes up a probability', () => {
    const a = runOf([kick(['x86_decode_insn', 1])], dear);
    const same = comparePair([a], [runOf([kick(['x86_decode_insn', 1])], dear, { name: 'b', vpid: false })]);
    expect(same).toMatchObject({ difference: 0, interval: null, probability: null, breakEven: [] });
    expect(same.verdict.word).toBe('no difference');
    expect(same.warnings).toEqual(['the two never diverged: every access took the same steps in both']);
  });

  it('of vCPUs that share CPUs in other ways is none, where those that wait spin more often', () => {
    const alone = runOf([kick(['x86_decode_insn', 1])], dear);
    const shared = runOf([kick(['x86_decode_insn', 1]), kick()], dear, { name: 'b', switches: { hostCpus: 1 } });
    const { verdict, warnings } = comparePair([alone], [shared]);
    expect(verdict).toMatchObject({ word: 'inconclusive', why: expect.stringContaining('see when the runs ended') });
    expect(warnings[0]).toMatch(/costs are means of unlike programs$/);
  });

  it('is better where the whole interval is below 0', () => {
    const b = runOf([kick()], dear, { name: 'b', design: 'pio' });
    const found = comparePair([runOf([kick(['x86_decode_insn', 1])], dear)], [b]);
    expect(found.verdict).toEqual({ word: 'better', why: 'the interval lies on one side of 0' });
    expect(found.probability).toBe(1);
    expect(found.choices).toEqual([{ what: 'design', a: 'fast-mmio', b: 'pio' }]);
    expect(comparePair([b], [runOf([kick(['x86_decode_insn', 1])], dear)]).verdict.word).toBe('worse');
  });

  it('is inconclusive where the interval holds 0, and names the price it hangs on', () => {
    const a = runOf([kick(['x86_decode_insn', 1])], dear);
    const b = runOf([kick(['eventfd_signal', 4])], dear, { name: 'b', design: 'pio' });
    const { verdict, sensitivities, onlyA, onlyB } = comparePair([a], [b]);
    expect(verdict).toEqual({
      word: 'inconclusive',
      why: 'the interval holds 0: most hangs on the price of eventfd_signal (estimated)',
    });
    expect(sensitivities.map(({ step, atLow, atHigh }) => [step, atLow, atHigh])).toEqual([
      ['eventfd_signal', 40 - 1000, 12_000 - 1000],
      ['x86_decode_insn', 400 - 900, 400 - 1200],
    ]);
    expect([onlyA.length, onlyB.length]).toEqual([1, 1]);
  });

  it('keeps the spread over workload seeds apart, and believes no sign that they change', () => {
    const side = (decodes: number, seed: number, name: string): ReturnType<typeof runOf> =>
      runOf([kick(['x86_decode_insn', decodes])], dear, { name, seed, design: name });
    const found = comparePair([side(10, 1, 'a'), side(10, 2, 'a')], [side(12, 1, 'b'), side(9, 2, 'b')]);
    expect(found.seeds).toEqual({ count: 2, low: -1000, high: 2000 });
    expect(found.difference).toBe(500);
    expect(found.verdict).toEqual({ word: 'inconclusive', why: 'its sign changes with the seed of the workload' });
  });

  it('is no difference when nothing within the ranges makes one per cent', () => {
    const a = runOf([kick(['x86_decode_insn', 100])], dear);
    const b = runOf([kick(['x86_decode_insn', 100], ['guest.write', 3])], dear, { name: 'b', design: 'pio' });
    expect(comparePair([a], [b]).verdict.word).toBe('no difference');
  });

  it('warns of what must be known before it is believed', () => {
    const a = runOf([kick(['x86_decode_insn', 1])], dear);
    const b = runOf(
      [path(7, ['guest.write', 1])],
      dear,
      { name: 'b', design: 'pio', kernel: '6.18' },
      {
        checked: true,
        divergences: [{ kind: 'lost-signal', text: '', access: '', line: 3, count: 7 }],
        problem: { text: 'livelock', line: 3 },
      },
    );
    expect(comparePair([a], [b]).warnings).toEqual([
      'more than one thing differs (kernel, design): the difference is of all of them together',
      'A made 100 accesses and B 7: costs are means of unlike programs',
      'in b the guest observed something else than it must (7 divergences)',
      'b stopped before its end: livelock',
    ]);
  });
});
