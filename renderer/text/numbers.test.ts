import { expect, it } from 'vitest';
import { compact, duration, grouped, plural } from './numbers.ts';

it('thousands stand apart', () => {
  expect([0, 999, 1000, 1_234_567].map((value) => grouped(value))).toEqual([
    '0',
    '999',
    '1\u202f000',
    '1\u202f234\u202f567',
  ]);
  expect(grouped(-1234.5, 1)).toBe('\u22121\u202f234.5');
});

it('large counts are short, small ones exact', () => {
  expect([7, 9999, 10_000, 999_999, 1_000_000, 12_345_678].map(compact)).toEqual([
    '7',
    '9\u202f999',
    '10.0k',
    '1.00M',
    '1.00M',
    '12.3M',
  ]);
});

it('times and counts have units', () => {
  expect([12, 3456, 125_000].map(duration)).toEqual(['12\u00a0ms', '3.5\u00a0s', '2\u00a0min 5\u00a0s']);
  expect([plural(1, 'exit'), plural(2, 'access', 'accesses')]).toEqual(['1 exit', '2 accesses']);
});
