import { describe, expect, it } from 'vitest';
import { GUEST_KEY_DENIED, GUEST_OK, guestAllows, KIND, needOf, RIGHT } from './rights.ts';

interface Case {
  readonly user: boolean;
  readonly wp: boolean;
  readonly smep: boolean;
  readonly smap: boolean;
  /** AD and WD of the page's key; keys off: null. */
  readonly key: readonly [boolean, boolean] | null;
  readonly pageUser: boolean;
  readonly pageWritable: boolean;
  readonly pageExecutable: boolean;
}

/** SDM vol. 3A, "Determination of Access Rights", read aloud, one sentence a line. */
function manual(c: Case, kind: number): boolean {
  const supervisorMode = !c.user;
  if (supervisorMode) {
    if (kind === KIND.FETCH) {
      if (!c.pageExecutable) return false;
      return c.pageUser ? !c.smep : true;
    }
    if (c.pageUser && c.smap) return false;
    const keyRead = !c.pageUser || c.key === null || !c.key[0];
    if (kind === KIND.READ) return keyRead;
    const keyWrite = keyRead && (!c.pageUser || c.key === null || !c.key[1] || !c.wp);
    return keyWrite && (!c.wp || c.pageWritable);
  }
  if (!c.pageUser) return false;
  if (kind === KIND.FETCH) return c.pageExecutable;
  if (c.key !== null && c.key[0]) return false;
  if (kind === KIND.READ) return true;
  return c.pageWritable && (c.key === null || !c.key[1]);
}

const both = [false, true];
const keys = [null, [false, false], [true, false], [false, true], [true, true]] as const;

function* everyCase(): Generator<Case> {
  for (const user of both)
    for (const wp of both)
      for (const smep of both)
        for (const smap of both)
          for (const key of keys)
            for (const pageUser of both)
              for (const pageWritable of both)
                for (const pageExecutable of both)
                  yield { user, wp, smep, smap, key, pageUser, pageWritable, pageExecutable };
}

/** Flags of a page under key `k`, and a PKRU that treats only that key so. */
function flagsOf(c: Case, k: number): number {
  return (
    (c.pageUser ? RIGHT.U : 0) |
    (c.pageWritable ? RIGHT.W : 0) |
    (c.pageExecutable ? RIGHT.X : 0) |
    (k << RIGHT.KEY_SHIFT) |
    (k === 0 || !c.pageUser ? RIGHT.KEY_PLAIN : 0)
  );
}
const pkruOf = (c: Case, k: number): number =>
  c.key === null ? 0 : (((c.key[0] ? 1 : 0) | (c.key[1] ? 2 : 0)) << (k * 2)) | 0;

const KINDS = [KIND.READ, KIND.WRITE, KIND.FETCH, KIND.RMW];

describe('permission of the guest’s own tables', () => {
  it.each([0, 1, 15])('every mode, page and kind against the manual’s sentences, key %i', (k) => {
    let cases = 0;
    for (const c of everyCase()) {
      for (const kind of KINDS) {
        const mode = { user: c.user, wp: c.wp, smep: c.smep, smap: c.smap, pkru: pkruOf(c, k) };
        const allowed = guestAllows(flagsOf(c, k), kind, mode) === GUEST_OK;
        expect([c, kind, allowed]).toEqual([c, kind, manual(c, kind)]);
        cases++;
      }
    }
    expect(cases).toBe(2 ** 7 * 5 * 4);
  });

  it('a hit that the mask lets pass is allowed by the rules, and without keys the reverse holds too', () => {
    const mask = new Int32Array(4);
    const want = new Int32Array(4);
    const nested = RIGHT.NR | RIGHT.NW | RIGHT.NX | RIGHT.DIRTY;
    const wrong: unknown[] = [];
    for (const k of [0, 3]) {
      for (const c of everyCase()) {
        const mode = { user: c.user, wp: c.wp, smep: c.smep, smap: c.smap, pkru: pkruOf(c, k) };
        needOf(mode, mask, want);
        for (const kind of KINDS) {
          const passes = ((flagsOf(c, k) | nested) & mask[kind]!) === want[kind];
          const allowed = manual(c, kind);
          if (passes && !allowed) wrong.push([c, kind, 'passes']);
          if (mode.pkru === 0 && allowed && !passes) wrong.push([c, kind, 'is held up']);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('a hit needs the nested rights and, to write, the dirty bits', () => {
    const mask = new Int32Array(4);
    const want = new Int32Array(4);
    needOf({ user: false, wp: false, smep: false, smap: false, pkru: 0 }, mask, want);
    const all = RIGHT.U | RIGHT.W | RIGHT.X | RIGHT.NR | RIGHT.NW | RIGHT.NX | RIGHT.DIRTY | RIGHT.KEY_PLAIN;
    const needs = (kind: number, bit: number): boolean => (all & ~bit & mask[kind]!) !== want[kind];
    expect(
      KINDS.map((kind) => [
        needs(kind, RIGHT.NR),
        needs(kind, RIGHT.NW),
        needs(kind, RIGHT.NX),
        needs(kind, RIGHT.DIRTY),
      ]),
    ).toEqual([
      [true, false, false, false],
      [false, true, false, true],
      [false, false, true, false],
      [true, true, false, true],
    ]);
  });

  it('the key is named whatever else refuses the access', () => {
    const mode = { user: true, wp: true, smep: false, smap: false, pkru: 0b11 << 4 };
    const page = RIGHT.U | (2 << RIGHT.KEY_SHIFT);
    expect(guestAllows(page, KIND.WRITE, mode)).toBe(GUEST_KEY_DENIED);
  });
});
