import { describe, expect, it } from 'vitest';
import { parseConfigurations } from './configurations.ts';
import { prepare } from './run.ts';

const [configuration] = (() => {
  const parsed = parseConfigurations({ designs: ['userspace'], mmus: ['ept'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
})();

describe('a configuration that nobody checked', () => {
  it.each([
    [{ pscEntries: -5 }, "switch pscEntries takes a whole number from 0 to 65536, not '-5'"],
    [{ maxphyaddr: 99 }, "switch maxphyaddr takes a whole number from 32 to 52, not '99'"],
    [{ eptAD: 'perhaps' }, "switch eptAD takes true or false, not 'perhaps'"],
  ])('is refused for its switches %j', (switches, error) => {
    expect(prepare({ ...configuration!, switches }, [])).toEqual({ ok: false, error });
  });

  it('is refused for a switch there is none of', () => {
    const prepared = prepare({ ...configuration!, switches: { pscEntry: 4 } }, []);
    expect(prepared).toMatchObject({ ok: false, error: expect.stringContaining("unknown switch 'pscEntry'") });
  });

  it('may name a switch as text', () => {
    const setup = [
      { kind: 'ram', gpa: 0n, size: 1n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: '4K' } as const,
    ];
    expect(prepare({ ...configuration!, switches: { eptAD: 'off', pscEntries: '8' } }, setup).ok).toBe(true);
  });
});
