import { describe, expect, it } from 'vitest';
import { checkSwitches } from './switches.ts';

describe('switches given by a user', () => {
  it('take booleans and numbers, from a command line as text', () => {
    expect(checkSwitches({ eptAD: 'off', nripOnNpf: true, nestedLevels: '5', pscEntries: 0 })).toEqual({
      ok: true,
      value: { eptAD: false, nripOnNpf: true, nestedLevels: 5, pscEntries: 0 },
    });
  });

  it.each([
    ['nestedLevels', 9, "switch nestedLevels takes a whole number from 4 to 5, not '9'"],
    ['maxphyaddr', '20', "switch maxphyaddr takes a whole number from 32 to 52, not '20'"],
    ['pscEntries', -1, "switch pscEntries takes a whole number from 0 to 65536, not '-1'"],
    ['nestedTlbEntries', 1e9, "switch nestedTlbEntries takes a whole number from 0 to 65536, not '1000000000'"],
    ['evictEvery', 'often', "switch evictEvery takes a whole number from 0 to 2147483647, not 'often'"],
    ['evictEvery', '', "switch evictEvery takes a whole number from 0 to 2147483647, not ''"],
    ['eptAD', 1, "switch eptAD takes true or false, not '1'"],
  ])('refuse %s=%s', (name, value, sentence) => {
    expect(checkSwitches({ [name]: value })).toEqual({ ok: false, error: sentence });
  });
});
