import { describe, expect, it } from 'vitest';
import { parseConfigurations, type Configuration, type Selection } from '../../core/index.ts';
import { differencesOf } from './difference.ts';

function configuration(selection: Selection): Configuration {
  const parsed = parseConfigurations({ mmus: ['ept'], designs: ['pio'], ...selection });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value[0]!;
}

const whats = (a: Selection, b: Selection) => differencesOf(configuration(a), configuration(b)).map(({ what }) => what);

describe('the difference of two configurations', () => {
  it('is empty between equal ones, whatever they are called', () => {
    expect(differencesOf(configuration({}), { ...configuration({}), name: 'other' })).toEqual([]);
  });

  it('names what was chosen, how the doorbell is built, and the policy with its source', () => {
    const rows = differencesOf(
      configuration({ designs: ['fast-mmio'] }),
      configuration({ designs: ['rfc-violation'] }),
    );
    expect(rows.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['Doorbell design', 'Doorbell', 'violationHook']),
    );
    const hook = rows.find(({ what }) => what === 'violationHook')!;
    expect(hook.a).not.toBe(hook.b);
    expect(hook.doc).not.toBe('');
    expect(hook.source).not.toBe('');
  });

  it('between two kernels lists policies', () => {
    expect(whats({ kernels: ['4.15'] }, { kernels: ['7.0'] })).toContain('Kernel');
    expect(whats({ kernels: ['4.15'] }, { kernels: ['7.0'] }).length).toBeGreaterThan(2);
  });

  it('shows a switch that one of them leaves at its default', () => {
    const rows = differencesOf(configuration({}), configuration({ switches: { mmioCaching: false } }));
    expect(rows).toEqual([expect.objectContaining({ what: 'mmioCaching', a: 'default', b: 'false' })]);
  });
});
