import { describe, expect, it } from 'vitest';
import { LineCache, PLACE, WARM } from './line-cache.ts';

const { L1, L2, L3, DRAM } = PLACE;
const geometry = (bytes: number, ways: number) => ({ bytes, ways, source: 'test' });

/** L1 of 2 sets of 2 ways, L2 of 8 lines, L3 of 32, both of one set. */
const small = (throughL1 = true): LineCache =>
  new LineCache(geometry(256, 2), geometry(512, 8), geometry(2048, 32), throughL1);

/** Loads the line of entry 0 of a frame; each frame's line has a number in host memory of its own. */
const load = (cache: LineCache, frame: number): number => cache.walkLoad(frame, 0, frame * 4);

describe('line cache', () => {
  it('finds a line where it was left: DRAM, then L1', () => {
    const cache = small();
    expect([load(cache, 1), load(cache, 1)]).toEqual([DRAM, L1]);
  });

  it('what L1 lost is in L2, what L2 lost is in L3', () => {
    const cache = small();
    // Every frame's first line falls into the same set of L1.
    for (let frame = 1; frame <= 3; frame++) expect(load(cache, frame)).toBe(DRAM);
    expect(load(cache, 1)).toBe(L2);
    for (let frame = 4; frame <= 14; frame++) load(cache, frame);
    expect(load(cache, 1)).toBe(L3);
    expect(load(cache, 1)).toBe(L1);
  });

  it('lines of one frame are lines of their own; eight entries share one', () => {
    const cache = small();
    expect(cache.walkLoad(1, 0, 4)).toBe(DRAM);
    expect(cache.walkLoad(1, 7, 4)).toBe(L1);
    expect(cache.walkLoad(1, 8, 5)).toBe(DRAM);
  });

  it('lines of unwritten parts, which share chunk 0, are told apart by their address', () => {
    const cache = small();
    expect(cache.walkLoad(1, 0, 0)).toBe(DRAM);
    expect(cache.walkLoad(2, 0, 0)).toBe(DRAM);
    expect(cache.walkLoad(1, 0, 0)).toBe(L1);
    expect(cache.residence[0]).toBe(0);
  });

  it('warm means that the load would change nothing: skipping it gives the same places ever after', () => {
    const skipping = new LineCache(geometry(2048, 4), geometry(4096, 4), geometry(8192, 8), true);
    const loading = new LineCache(geometry(2048, 4), geometry(4096, 4), geometry(8192, 8), true);
    let seed = 1;
    let skipped = 0;
    for (let n = 0; n < 20_000; n++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      const frame = 1 + ((seed >>> 10) % 5);
      const index = ((seed >>> 16) & 15) * 8;
      const line = frame * 64 + (index >> 3);
      const warm = (skipping.residence[line]! & WARM) !== 0;
      if (warm) skipped++;
      const place = warm ? L1 : skipping.walkLoad(frame, index, line);
      expect(place).toBe(loading.walkLoad(frame, index, line));
      if (n % 500 === 0) {
        skipping.evict(n);
        loading.evict(n);
      }
    }
    expect(skipped).toBeGreaterThan(2000);
  });

  it('a walker that goes to L2 finds nothing in L1', () => {
    const cache = small(false);
    expect([load(cache, 1), load(cache, 1)]).toEqual([DRAM, L2]);
  });

  it('covers memory that grows', () => {
    const cache = small();
    cache.cover(1 << 20);
    expect(cache.residence.length).toBeGreaterThanOrEqual(1 << 16);
    load(cache, 1);
    expect(load(cache, 1)).toBe(L1);
  });
});
