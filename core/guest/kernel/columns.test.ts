import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME, Frames } from './frames.ts';
import { PageCache } from './page-cache.ts';
import { VM, Vmas } from './vmas.ts';

describe('frames', () => {
  const FIRST = 0x103;
  const COUNT = 64;
  const RUN = 8;
  const step = fc.oneof(
    fc.record({ k: fc.constant('alloc' as const) }),
    fc.record({ k: fc.constant('huge' as const) }),
    fc.record({ k: fc.constantFrom('get' as const, 'put' as const), at: fc.nat(COUNT) }),
    fc.record({ k: fc.constant('put' as const), at: fc.nat(COUNT) }),
  );

  it('are handed out once, aligned where they are huge, and all come back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const frames = new Frames(FIRST, COUNT, RUN);
        const model = new Map<number, number>();
        const take = (first: number, count: number): void => {
          for (let frame = first; frame < first + count; frame++) {
            expect(model.has(frame)).toBe(false);
            expect(frame >= FIRST && frame < FIRST + COUNT).toBe(true);
            model.set(frame, 1);
          }
        };
        for (const one of steps) {
          const chosen = [...model.keys()][('at' in one ? one.at : 0) % Math.max(1, model.size)];
          if (one.k === 'alloc') {
            const frame = frames.alloc(FRAME.ANON);
            if (frame < 0) expect(model.size).toBe(COUNT);
            else take(frame, 1);
          } else if (one.k === 'huge') {
            const frame = frames.allocHuge(FRAME.ANON);
            if (frame >= 0) {
              expect(frame % RUN).toBe(0);
              take(frame, RUN);
            } else {
              for (let at = Math.ceil(FIRST / RUN) * RUN; at + RUN <= FIRST + COUNT; at += RUN) {
                const taken = Array.from({ length: RUN }, (_, i) => model.has(at + i));
                expect(taken).toContain(true);
              }
            }
          } else if (chosen !== undefined && one.k === 'get') {
            frames.get(chosen);
            model.set(chosen, model.get(chosen)! + 1);
          } else if (chosen !== undefined) {
            const left = model.get(chosen)! - 1;
            expect(frames.put(chosen)).toBe(left === 0);
            if (left === 0) model.delete(chosen);
            else model.set(chosen, left);
          }
          expect(frames.used).toBe(model.size);
        }
        for (let frame = FIRST; frame < FIRST + COUNT; frame++) {
          expect(frames.references(frame)).toBe(model.get(frame) ?? 0);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('VMAs', () => {
  const range = { start: fc.nat(30), length: fc.integer({ min: 1, max: 8 }) };
  const step = fc.record({ k: fc.constantFrom('map' as const, 'unmap' as const, 'split' as const), ...range });

  it('are what a list of pages says: file pages keep their place through cuts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const vmas = new Vmas();
        const model = new Map<number, number>();
        let head = 0;
        steps.forEach(({ k, start, length }, n) => {
          const end = start + length;
          if (k === 'map') {
            for (let page = start; page < end; page++) if (model.has(page)) return;
            head = vmas.insert(head, start, end, VM.READ, 1, n * 100);
            for (let page = start; page < end; page++) model.set(page, n * 100 + page - start);
          } else {
            vmas.split(head, start);
            vmas.split(head, end);
            if (k === 'split') return;
            head = vmas.remove(head, start, end);
            for (let page = start; page < end; page++) model.delete(page);
          }
        });
        for (let page = 0; page < 50; page++) {
          const row = vmas.find(head, page);
          const place = row === 0 ? undefined : vmas.filePage[row]! + page - vmas.start[row]!;
          expect(place).toBe(model.get(page));
        }
        const copy = vmas.copy(head);
        expect(vmas.maps(0)).toBe(model.size > 0);
        head = vmas.remove(head, 0, 100);
        expect([head, vmas.maps(0)]).toEqual([0, model.size > 0]);
        expect(vmas.remove(copy, 0, 100)).toBe(0);
        expect(vmas.maps(0)).toBe(false);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('the page cache', () => {
  it('knows who maps a page, and whose turn it is', () => {
    const cache = new PageCache(100);
    const file = cache.file('a');
    expect([cache.file('a'), cache.file('b')]).toEqual([file, file + 1]);
    for (let i = 0; i < 100; i++) cache.add(file, i * 2, 100 + i);
    expect([cache.frame(file, 4), cache.frame(file, 5), cache.frame(file, 1000)]).toEqual([102, 0, 0]);
    for (const page of [7, 8, 9]) cache.map(102, 1, page);
    cache.unmap(102, 1, 8);
    cache.map(103, 2, 8);
    const pages: number[] = [];
    for (let at = cache.firstMapping(102); at >= 0; at = cache.following(at)) pages.push(cache.pageOf(at));
    expect(pages.sort()).toEqual([7, 9]);
    expect(Array.from({ length: 101 }, () => cache.turn()).slice(-2)).toEqual([199, 100]);
  });

  it('lets shared memory go, and keeps the rest', () => {
    const cache = new PageCache(0);
    const shared = cache.file('shmem:1');
    const file = cache.file('a');
    expect([cache.isAnonymous(shared), cache.isAnonymous(file)]).toEqual([true, false]);
    for (let i = 0; i < 6; i++) cache.add(i % 2 === 0 ? shared : file, i, 10 + i);
    cache.map(15, 3, 3);
    const gone: number[] = [];
    cache.drop(shared, (frame) => gone.push(frame));
    expect([gone, cache.frames().sort()]).toEqual([
      [10, 12, 14],
      [11, 13, 15],
    ]);
    expect(cache.pageOf(cache.firstMapping(15))).toBe(3);
    expect(cache.firstMapping(13)).toBe(-1);
  });
});
