import { describe, expect, it } from 'vitest';
import { POINTER_OPS } from './epochs.ts';
import { hypercallExit } from './exit-frame.ts';
import { MITIGATIONS, parseMitigations, resolveMitigations } from './mitigations.ts';
import { haswell } from './models/haswell.ts';
import { priceOfSteps } from './price-vector.ts';
import type { MitigationId } from './mitigations.ts';

const vmcall = (...active: MitigationId[]) =>
  priceOfSteps(hypercallExit(POINTER_OPS('intel', active).frame, true), haswell.prices);

describe('mitigations', () => {
  it.each([
    [['ibrs'], 200, 200],
    [['eibrs'], 0, 0],
    [['auto-ibrs'], 0, 0],
    [['eibrs-pbrsb'], 18, 18],
    [['rsb-fill'], 50, 100],
    [['verw'], 30, 500],
    [['l1d-flush'], 0, 0],
    [['retpoline'], 11 * 15, 11 * 30],
    [['ibrs', 'rsb-fill'], 250, 300],
  ] as const)('%j add %d to %d cycles to a VMCALL', (active, low, high) => {
    const added = vmcall(...active) - vmcall();
    expect(added).toBeGreaterThanOrEqual(low);
    expect(added).toBeLessThanOrEqual(high);
  });

  it('are read from a choice by name', () => {
    expect(parseMitigations('default')).toEqual({ ok: true, value: 'default' });
    expect(parseMitigations('none')).toEqual({ ok: true, value: [] });
    expect(parseMitigations('retpoline+verw+verw')).toEqual({ ok: true, value: ['retpoline', 'verw'] });
    expect(parseMitigations('retpolin')).toMatchObject({
      ok: false,
      error: expect.stringContaining('retpoline') as string,
    });
    for (const text of ['', 'auto']) expect(parseMitigations(text)).toMatchObject({ ok: false });
    for (const text of ['none+ibrs', 'verw+default'])
      expect(parseMitigations(text)).toEqual({
        ok: false,
        error: `mitigations '${text}': 'none' and 'default' stand alone`,
      });
  });

  it('by default are those the CPU needs and the kernel knows', () => {
    const needed = ['retpoline', 'rsb-fill', 'l1d-flush', 'verw'] as const;
    expect(resolveMitigations('default', needed, '3.14')).toEqual([]);
    expect(resolveMitigations('default', needed, '4.15')).toEqual(['retpoline']);
    expect(new Set(resolveMitigations('default', needed, '6.18'))).toEqual(new Set(needed));
    expect(new Set(resolveMitigations('default', needed, '7.0'))).toEqual(new Set(needed));
    expect(resolveMitigations(['ibrs'], needed, '3.14')).toEqual(['ibrs']);
  });

  it('each say where they are from', () => {
    for (const { source } of MITIGATIONS) expect(source).not.toBe('');
  });
});
