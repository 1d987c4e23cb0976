import { describe, expect, it } from 'vitest';
import { CR0, CR4, EFER, GuestRegisters, REG } from '../guest/registers.ts';
import { accessBits, forbidden, WANT } from './rights.ts';

/** One case of SDM vol. 3, 5.6.1 "Determination of Access Rights", as a set of words. */
type Word =
  'user' | 'implicit' | 'wp' | 'smep' | 'smap' | 'ac' | 'pke' | 'user-page' | 'writable' | 'xd' | 'key-ad' | 'key-wd';
const WORDS: readonly Word[] = [
  'user',
  'implicit',
  'wp',
  'smep',
  'smap',
  'ac',
  'pke',
  'user-page',
  'writable',
  'xd',
  'key-ad',
  'key-wd',
];
const KEY = 5;

/** The manual's sentences, kind of access by kind of access; true when the access is allowed. */
function manual(want: number, has: (word: Word) => boolean): { allowed: boolean; key: boolean } {
  const supervisorAccess = !has('user') || has('implicit');
  const data = want !== WANT.FETCH;
  const userModeAddress = has('user-page');
  let allowed: boolean;
  if (supervisorAccess) {
    // "Data may be read from any user-mode address" if SMAP = 0, or SMAP = 1, AC = 1 and the access is explicit.
    const mayTouchUser = !has('smap') || (has('ac') && !has('implicit'));
    if (want === WANT.READ) allowed = !userModeAddress || mayTouchUser;
    else if (want === WANT.WRITE) {
      const mayWrite = !has('wp') || has('writable');
      allowed = mayWrite && (!userModeAddress || mayTouchUser);
    } else allowed = !has('xd') && (!userModeAddress || !has('smep'));
  } else if (want === WANT.READ) allowed = userModeAddress;
  else if (want === WANT.WRITE) allowed = userModeAddress && has('writable');
  else allowed = userModeAddress && !has('xd');
  // 5.6.2: keys bind data accesses to user-mode addresses.
  const checked = has('pke') && data && userModeAddress;
  const writeBound = want === WANT.WRITE && (!supervisorAccess || has('wp'));
  const key = checked && (has('key-ad') || (writeBound && has('key-wd')));
  return { allowed: allowed && !key, key };
}

function registers(has: (word: Word) => boolean): Int32Array {
  const { at } = new GuestRegisters();
  at[REG.CR0] = CR0.PE | CR0.PG | (has('wp') ? CR0.WP : 0);
  at[REG.CR4] = CR4.PAE | (has('smep') ? CR4.SMEP : 0) | (has('smap') ? CR4.SMAP : 0) | (has('pke') ? CR4.PKE : 0);
  at[REG.EFER] = EFER.LMA | EFER.LME | EFER.NXE;
  at[REG.CPL] = has('user') ? 3 : 0;
  at[REG.AC] = has('ac') ? 1 : 0;
  at[REG.PKRU] = ((has('key-ad') ? 1 : 0) | (has('key-wd') ? 2 : 0)) << (KEY * 2);
  return at;
}

describe('rights of a present page', () => {
  it.each([
    ['read', WANT.READ],
    ['write', WANT.WRITE],
    ['fetch', WANT.FETCH],
  ])('%s: all 4096 combinations agree with the manual', (_name, want) => {
    const differing: string[] = [];
    for (let bits = 0; bits < 1 << WORDS.length; bits++) {
      const words = WORDS.filter((_, i) => (bits >> i) & 1);
      const has = (word: Word) => words.includes(word);
      const code = forbidden(registers(has), want, has('writable'), has('user-page'), has('xd'), KEY, has('implicit'));
      const { allowed, key } = manual(want, has);
      if (code !== (allowed ? 0 : key ? 0x21 : 1)) differing.push(words.join(' '));
    }
    expect(differing).toEqual([]);
  });

  it('keys bind in long mode alone', () => {
    const at = registers((word) => word === 'pke' || word === 'key-ad');
    expect(forbidden(at, WANT.READ, true, true, false, KEY, false)).toBe(0x21);
    at[REG.EFER] = EFER.NXE;
    expect(forbidden(at, WANT.READ, true, true, false, KEY, false)).toBe(0);
  });
});

describe('error-code bits of the access', () => {
  const bits = (want: number, cpl: number, cr4: number, efer: number, implicit = false) => {
    const { at } = new GuestRegisters();
    at[REG.CPL] = cpl;
    at[REG.CR4] = cr4;
    at[REG.EFER] = efer;
    return accessBits(at, want, implicit);
  };
  it.each([
    ['supervisor read', bits(WANT.READ, 0, 0, 0), 0],
    ['user read', bits(WANT.READ, 3, 0, 0), 4],
    ['user write', bits(WANT.WRITE, 3, 0, 0), 6],
    ['implicit supervisor read at CPL 3', bits(WANT.READ, 3, 0, 0, true), 0],
    ['fetch, not told apart', bits(WANT.FETCH, 0, CR4.PAE, 0), 0],
    ['fetch with NXE and PAE', bits(WANT.FETCH, 0, CR4.PAE, EFER.NXE), 16],
    ['fetch with NXE but 2-level paging', bits(WANT.FETCH, 0, 0, EFER.NXE), 0],
    ['fetch with SMEP', bits(WANT.FETCH, 3, CR4.SMEP, 0), 20],
  ])('%s', (_name, got, want) => {
    expect(got).toBe(want);
  });
});
