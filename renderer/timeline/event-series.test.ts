import { describe, expect, it } from 'vitest';
import { EVENT_ROWS } from '../../core/index.ts';
import { bucketsOf, hasKind } from './buckets.ts';
import { fillColumns, newColumns } from './event-columns.ts';
import { eventAt, extendSeries, newSeries } from './event-series.ts';

const kindOf = (name: string): number => EVENT_ROWS.findIndex(([one]) => one === name);
const base64 = (column: { buffer: ArrayBufferLike }): string =>
  Buffer.from(column.buffer as ArrayBuffer).toString('base64');
/** Numbers as the lab packs those that lie close together. */
const packed = (values: number[]) => {
  const start = values[0] ?? 0;
  return { start, unit: 1, bits: 16 as const, data: base64(new Uint16Array(values.map((value) => value - start))) };
};

/** Three accesses of 10, 100 and 5 cycles; each has an exit in its middle. */
const KIND = ['access', 'kvm_exit', 'access', 'kvm_exit', 'access', 'kvm_exit'].map(kindOf);
const CYCLES = [0, 5, 10, 60, 110, 115];
const ACCESS = [1, 1, 2, 2, 3, 3];

function piece(from: number, count: number) {
  return {
    from,
    count,
    total: KIND.length,
    kind: base64(new Uint8Array(KIND.slice(from, from + count))),
    access: packed(ACCESS.slice(from, from + count)),
    cycles: packed(CYCLES.slice(from, from + count)),
  };
}

describe('events read in pieces', () => {
  it.each([
    ['that end with an access', 1],
    ['one of which is short', 2],
    ['of one event', 0],
    ['of which there is one', 3],
  ])('%s give every access its cycles', (_what, shift) => {
    const columns = newColumns(KIND.length, shift);
    const series = newSeries(columns);
    let done = 0;
    for (let from = 0; from < KIND.length; from += columns.piece) {
      fillColumns(columns, piece(from, Math.min(columns.piece, KIND.length - from)));
      done = extendSeries(series, done);
    }
    expect(done).toBe(6);
    expect([...series.cost].map((cost) => (Number.isNaN(cost) ? null : cost))).toEqual([10, null, 100, null, 5, null]);
    expect(series.counts[kindOf('access')]).toBe(3);
    expect(series.counts[kindOf('kvm_exit')]).toBe(3);
    expect(KIND.map((_, n) => columns.cycles.at(n))).toEqual(CYCLES);
    expect(KIND.map((_, n) => columns.access.at(n))).toEqual(ACCESS);
    expect(columns.cycles.at(KIND.length)).toBeNaN();
  });

  it('give an access before a gap the mean of those that have no events', () => {
    const columns = newColumns(2);
    const series = newSeries(columns);
    const kind = base64(new Uint8Array([kindOf('access'), kindOf('access')]));
    fillColumns(columns, { from: 0, count: 2, total: 2, kind, access: packed([1, 101]), cycles: packed([0, 500]) });
    extendSeries(series, 0);
    expect(series.cost[0]).toBe(5);
  });

  it('keep numbers that fit no few bits', () => {
    const columns = newColumns(4, 1);
    const far = [2 ** 40, 2 ** 40 + 70_000.0625];
    const thirds = [2 ** 41 + 1 / 3, 2 ** 41 + 2 / 3];
    const kind = base64(new Uint8Array(2));
    const access = packed([1, 1]);
    const sixteenths = base64(new Uint32Array([0, 70_000 * 16 + 1]));
    const cycles = { start: far[0]!, unit: 1 / 16, bits: 32 as const, data: sixteenths };
    fillColumns(columns, { from: 0, count: 2, total: 4, kind, access, cycles });
    const plain = { start: 0, unit: 1, bits: 64 as const, data: base64(new Float64Array(thirds)) };
    fillColumns(columns, { from: 2, count: 2, total: 4, kind, access, cycles: plain });
    expect([0, 1, 2, 3].map((n) => columns.cycles.at(n))).toEqual([...far, ...thirds]);
  });

  it('are refused out of order, half, and when a column is short', () => {
    const columns = newColumns(KIND.length, 1);
    expect(() => fillColumns(columns, piece(2, 2))).toThrow('out of order');
    expect(() => fillColumns(columns, piece(0, 1))).toThrow('out of order');
    expect(() => fillColumns(columns, { ...piece(0, 2), count: 0 })).toThrow('ended early');
    expect(() => fillColumns(columns, { ...piece(0, 2), total: 5 })).toThrow('ended early');
    expect(() => fillColumns(columns, { ...piece(0, 2), cycles: packed([]) })).toThrow('too short');
  });

  it('are found by the clock and drawn in columns', () => {
    const columns = newColumns(KIND.length);
    const series = newSeries(columns);
    fillColumns(columns, piece(0, 6));
    extendSeries(series, 0);
    expect([0, 1, 10, 11, 115, 116].map((moment) => eventAt(columns.cycles, moment, 6))).toEqual([0, 1, 2, 3, 5, 6]);
    const { low, high, kinds } = bucketsOf(series, 'clock', { from: 0, to: 120 }, 2);
    expect([low, high]).toEqual([
      [10, 5],
      [100, 5],
    ]);
    for (const column of [0, 1]) {
      const there = EVENT_ROWS.flatMap(([name], kind) => (hasKind({ kinds }, column, kind) ? [name] : []));
      expect(there.toSorted()).toEqual(['access', 'kvm_exit']);
    }
  });
});
