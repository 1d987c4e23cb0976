import { describe, expect, it } from 'vitest';
import type { PricedRun } from '../priced-run.ts';
import { path, runOf } from './fixtures.ts';
import { pairWarnings, type Compared } from './pair-warnings.ts';

const KICKS = [path(10, ['guest.write', 1], ['hw.vmexit', 1])];
const ran = ({ result }: PricedRun): Compared => ({ configuration: result.configuration, result });
const chosen = ({ result }: PricedRun): Compared => ({ configuration: result.configuration, result: null });
const a = runOf(KICKS);

describe('what must be known of a pair', () => {
  it('before anything ran: only what was chosen', () => {
    const far = runOf(KICKS, undefined, { design: 'pio', vpid: false });
    expect(pairWarnings(chosen(a), chosen(far))).toEqual([expect.stringContaining('(design, vpid)')]);
    expect(pairWarnings(chosen(a), chosen(runOf(KICKS, undefined, { vpid: false })))).toEqual([]);
    expect(pairWarnings(chosen(a), chosen(a))).toEqual(['the two configurations are equal']);
  });

  it('one choice that shows: nothing', () => {
    const other = runOf([path(10, ['guest.write', 1])], undefined, { design: 'pio' });
    expect(pairWarnings(ran(a), ran(other))).toEqual([]);
  });

  it('an MMU and its CPU are one choice; a switch is one of its own', () => {
    const npt = runOf(KICKS, undefined, { mmu: 'npt', cpu: 'zen3' });
    expect(pairWarnings(chosen(a), chosen(npt))).toEqual([]);
    const switched = runOf(KICKS, undefined, { design: 'pio', switches: { randomEvict: 2 } });
    expect(pairWarnings(chosen(a), chosen(switched))).toEqual([expect.stringContaining('(design, randomEvict)')]);
  });

  it('they never diverged, or only prices differ', () => {
    expect(pairWarnings(ran(a), ran(runOf(KICKS, undefined, { vpid: false })))).toEqual([
      expect.stringContaining('never diverged'),
    ]);
    expect(pairWarnings(ran(a), ran(runOf(KICKS, undefined, { cpu: 'haswell' })))).toEqual([
      expect.stringContaining('only prices differ'),
    ]);
  });

  it('unlike programs, divergences, runs that were not checked or that stopped', () => {
    const divergences = [{ kind: 'lost-write', text: '', access: '', line: 0, count: 2 }] as const;
    const problem = { text: 'it ended', line: 1 } as unknown as NonNullable<PricedRun['result']['problem']>;
    const other = runOf([path(7, ['guest.write', 1])], undefined, { seed: 2, name: 'b' }, { divergences, problem });
    expect(pairWarnings(ran(a), ran(other))).toEqual([
      'A made 10 accesses and B 7: costs are means of unlike programs',
      'in b the guest observed something else than it must (2 divergences)',
      'b stopped before its end: it ended',
    ]);
    const unchecked = runOf(KICKS, undefined, { vpid: false }, { checked: false });
    expect(pairWarnings(ran(a), ran(unchecked))).toContain('a was not checked against the reference');
  });
});
