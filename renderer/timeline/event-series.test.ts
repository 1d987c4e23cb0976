import { describe, expect, it } from 'vitest';
import { EVENT_ROWS } from '../../core/index.ts';
import { bucketsOf } from './buckets.ts';
import { fillColumns, newColumns } from './event-columns.ts';
import { eventAt, extendSeries, newSeries } from './event-series.ts';

const kindOf = (name: string): number => EVENT_ROWS.findIndex(([one]) => one === name);
const base64 = (column: { buffer: ArrayBufferLike }): string =>
  Buffer.from(column.buffer as ArrayBuffer).toString('base64');

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
    args: base64(new Int32Array(count * 4).fill(from)),
    access: base64(new Float64Array(ACCESS.slice(from, from + count))),
    cycles: base64(new Float64Array(CYCLES.slice(from, from + count))),
  };
}

describe('events read in pieces', () => {
  it('give every access its cycles, also one that two pieces share', () => {
    const columns = newColumns(KIND.length);
    const series = newSeries(columns);
    let done = 0;
    for (const [from, count] of [
      [0, 3],
      [3, 2],
      [5, 1],
    ] as const) {
      fillColumns(columns, piece(from, count));
      done = extendSeries(series, done);
    }
    expect(done).toBe(6);
    expect([...series.cost].map((cost) => (Number.isNaN(cost) ? null : cost))).toEqual([10, null, 100, null, 5, null]);
    expect(series.counts[kindOf('access')]).toBe(3);
    expect(series.counts[kindOf('kvm_exit')]).toBe(3);
    expect(Array.from(columns.args.subarray(12, 14))).toEqual([3, 3]);
  });

  it('give an access before a gap the mean of those that have no events', () => {
    const columns = newColumns(2);
    const series = newSeries(columns);
    const kind = base64(new Uint8Array([kindOf('access'), kindOf('access')]));
    const access = base64(new Float64Array([1, 101]));
    const cycles = base64(new Float64Array([0, 500]));
    fillColumns(columns, { from: 0, count: 2, total: 2, kind, args: base64(new Int32Array(8)), access, cycles });
    extendSeries(series, 0);
    expect(series.cost[0]).toBe(5);
  });

  it('are refused out of order and when a column is short', () => {
    const columns = newColumns(KIND.length);
    expect(() => fillColumns(columns, piece(2, 1))).toThrow('out of order');
    expect(() => fillColumns(columns, { ...piece(0, 2), cycles: '' })).toThrow('too short');
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
    const both = (1 << kindOf('access')) | (1 << kindOf('kvm_exit'));
    expect([...kinds]).toEqual([both, both]);
  });
});
