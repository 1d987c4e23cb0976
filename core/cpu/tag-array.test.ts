import { describe, expect, it } from 'vitest';
import { classOf, CLASS_MASK, TagArray } from './tag-array.ts';

const HI = 1 << 13;

describe('tag array', () => {
  it('finds what was inserted, by class and by either high tag', () => {
    const tags = new TagArray([{ entries: 8, ways: 4 }]);
    const small = tags.insert(0, 0, 0x1200, HI);
    const large = tags.insert(0, 1, 0x1200, HI);
    expect(small).not.toBe(large);
    expect(tags.find(0, 0x1200, HI, 0)).toBe(small);
    expect(tags.find(0, 0x1200, 0, HI)).toBe(small);
    expect(tags.find(1, 0x13ff, HI, 0)).toBe(large);
    expect(tags.find(0, 0x13ff, HI, 0)).toBe(0);
    expect(tags.find(0, 0x1200, HI * 2, HI * 3)).toBe(0);
    expect(tags.size).toBe(2);
  });

  it.each([
    [64, 64],
    [72, 72],
    [33, 33],
    [16, 4],
    [1, 1],
  ])('%i entries in sets of %i hold as many pages in a row, round and round', (entries, ways) => {
    const tags = new TagArray([{ entries, ways }]);
    for (let round = 0; round < 3; round++) {
      for (let page = 0; page < entries; page++) {
        if (round > 0) expect(tags.find(0, page, HI, HI)).toBeGreaterThan(0);
        tags.insert(0, 0, page, HI);
      }
    }
    expect(tags.size).toBe(entries);
  });

  it('replaces an entry that was not used, not the one used last', () => {
    const tags = new TagArray([{ entries: 4, ways: 4 }]);
    for (let page = 0; page < 4; page++) tags.insert(0, 0, page, HI);
    tags.touch(tags.find(0, 0, HI, HI));
    tags.insert(0, 0, 100, HI);
    expect(tags.find(0, 0, HI, HI)).toBeGreaterThan(0);
    expect(tags.find(0, 3, HI, HI)).toBeGreaterThan(0);
    expect(tags.find(0, 1, HI, HI)).toBe(0);
  });

  it('keeps groups apart: a full group takes nothing from another', () => {
    const tags = new TagArray([
      { entries: 4, ways: 4 },
      { entries: 2, ways: 2 },
    ]);
    for (let page = 0; page < 4; page++) tags.insert(0, 0, page, HI);
    for (let page = 0; page < 9; page++) tags.insert(1, 1, page << 9, HI);
    expect(tags.size).toBe(6);
    for (let page = 0; page < 4; page++) expect(tags.find(0, page, HI, HI)).toBeGreaterThan(0);
  });

  it('forgets one, some, all', () => {
    const tags = new TagArray([{ entries: 64, ways: 64 }]);
    for (let page = 0; page < 60; page++) tags.insert(0, 0, page, HI * (1 + (page & 1)));
    tags.drop(tags.find(0, 7, HI * 2, HI * 2));
    expect(tags.find(0, 7, HI * 2, HI * 2)).toBe(0);
    expect(tags.size).toBe(59);
    tags.dropWhere((hi) => hi === HI);
    expect(tags.size).toBe(29);
    expect(tags.find(0, 2, HI, HI)).toBe(0);
    expect(tags.find(0, 3, HI * 2, 0)).toBeGreaterThan(0);
    tags.clear();
    expect(tags.size).toBe(0);
    expect(tags.find(0, 3, HI * 2, 0)).toBe(0);
    for (let page = 0; page < 64; page++) tags.insert(0, 0, page, HI);
    expect(tags.size).toBe(64);
  });

  it('an array without entries finds and stores nothing', () => {
    const tags = new TagArray([{ entries: 0, ways: 1 }]);
    expect(tags.insert(0, 0, 1, HI)).toBe(0);
    expect(tags.find(0, 1, HI, HI)).toBe(0);
  });

  it('classes and masks name each other', () => {
    expect(CLASS_MASK.map(classOf)).toEqual([0, 1, 2, 3, 4]);
  });
});
