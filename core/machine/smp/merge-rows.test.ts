import { expect, it } from 'vitest';
import { mergeRows } from './merge-rows.ts';

it('adds equal paths and keeps the first ledger in its place', () => {
  const one = [{ step: 1, times: 2 }];
  const two = [
    { step: 1, times: 2 },
    { step: 3, times: 1 },
  ];
  const first = [
    { steps: two, count: 5 },
    { steps: one, count: 1 },
  ];
  const merged = mergeRows([first, [{ steps: one, count: 7 }], [{ steps: [], count: 2 }]]);
  expect(merged).toEqual([
    { steps: two, count: 5 },
    { steps: one, count: 8 },
    { steps: [], count: 2 },
  ]);
  // Nothing of the ledgers themselves was changed.
  expect(first[1]!.count).toBe(1);
});
