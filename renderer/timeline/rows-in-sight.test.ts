import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsInSight, scrolledTo } from './rows-in-sight.ts';

const place = fc.double({ min: 0, max: 3e7, noNaN: true });
const height = fc.double({ min: 0, max: 2000, noNaN: true });
const rowHeight = fc.double({ min: 10, max: 60, noNaN: true });

describe('rows in sight', () => {
  it('are all drawn, and not many more', () => {
    fc.assert(
      fc.property(place, height, rowHeight, (top, high, row) => {
        const { from, to } = rowsInSight(top, high, row);
        expect(from).toBeLessThanOrEqual(Math.floor(top / row));
        expect(to).toBeGreaterThanOrEqual(Math.ceil((top + high) / row));
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to - from).toBeLessThan(high / row + 34);
      }),
    );
  });

  it('are the same while less than a step is scrolled', () => {
    expect(rowsInSight(0, 300, 30)).toEqual({ from: 0, to: 24 });
    expect(rowsInSight(30 * 8, 300, 30)).toEqual({ from: 0, to: 32 });
    expect(rowsInSight(30 * 16, 300, 30)).toEqual(rowsInSight(30 * 16 + 100, 300, 30));
    // A page that was pulled beyond its top.
    expect(rowsInSight(-50, 300, 30)).toEqual({ from: 0, to: 24 });
  });
});

describe('scrolling to a row', () => {
  it.each([
    ['one in sight stays', 5, 100, 300, 100],
    ['one above comes to the top', 2, 100, 300, 60],
    ['one half above comes to the top', 3, 100, 300, 90],
    ['one below comes to the bottom', 20, 100, 300, 330],
    ['the last that fits stays', 9, 0, 300, 0],
  ])('%s', (_what, row, top, high, expected) => {
    expect(scrolledTo(row, top, high, 30)).toBe(expected);
  });

  it('has it wholly in sight', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), place, fc.integer({ min: 100, max: 2000 }), (row, top, high) => {
        const next = scrolledTo(row, top, high, 28);
        expect(row * 28).toBeGreaterThanOrEqual(next);
        expect(row * 28 + 28).toBeLessThanOrEqual(next + high);
      }),
    );
  });
});
