import { describe, expect, it } from 'vitest';
import { readAccess } from './read-access.ts';

describe('the number of an access', () => {
  it.each([
    ['7', 7],
    [' 7 ', 7],
    ['0', 0],
    ['1 000 003', 1_000_003],
    ['1\u202f000\u202f003', 1_000_003],
    ['1,000,003', 1_000_003],
    ['1_000_003', 1_000_003],
  ])('%j is %i', (typed, number) => expect(readAccess(typed)).toBe(number));

  it.each(['', 'abc', '1.5', '-1', '1 2', '1,00', '7a', '0x10', '1e3', '99999999999999999999'])('%j is none', (typed) =>
    expect(readAccess(typed)).toBeNull(),
  );
});
