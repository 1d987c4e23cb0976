import { describe, expect, it } from 'vitest';
import { EVENT } from './kinds.ts';
import { Recorder, type Stamp } from './recorder.ts';

const fill = (recorder: Recorder, count: number, before: (n: number) => void = () => {}): void => {
  for (let n = 1; n <= count; n++) {
    before(n);
    recorder.emit(EVENT.kvm_exit, n, -n, 0, n * 2);
  }
};

describe('the ring of events', () => {
  it.each([0, 1, 3, 4, 5, 8, 11])('holds the last four of %i, oldest first', (count) => {
    const recorder = new Recorder(4);
    fill(recorder, count);
    const kept = Math.min(4, count);
    const numbers = Array.from({ length: kept }, (_, n) => count - kept + 1 + n);
    expect(recorder.list().map(({ args }) => args)).toEqual(numbers.map((n) => [n, -n, 0, n * 2]));
    const columns = recorder.columns();
    expect([...columns.kind]).toEqual(numbers.map(() => EVENT.kvm_exit));
    expect([...columns.args]).toEqual(numbers.flatMap((n) => [n, -n, 0, n * 2]));
    expect(columns.dropped).toBe(count - kept);
  });

  it('knows when each of them was', () => {
    const stamp = { ordinal: new Float64Array(1), clock: 0, costSoFar: 0, node: 0 } satisfies Stamp;
    const recorder = new Recorder(4, stamp);
    fill(recorder, 6, (n) => {
      stamp.ordinal[0] = n;
      stamp.clock = n * 100;
      stamp.costSoFar = 0.5;
      stamp.node = n + 10;
    });
    const { access, cycles } = recorder.columns();
    expect([...access]).toEqual([3, 4, 5, 6]);
    expect([...cycles]).toEqual([300.5, 400.5, 500.5, 600.5]);
    expect(recorder.nodes()).toEqual([13, 14, 15, 16]);
  });

  it('without a clock says 0', () => {
    const recorder = new Recorder(2);
    fill(recorder, 2);
    expect(recorder.nodes()).toEqual([0, 0]);
    expect([...recorder.columns().cycles]).toEqual([0, 0]);
  });
});
