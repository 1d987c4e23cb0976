import { describe, expect, it } from 'vitest';
import { PathTable } from '../cost/paths.ts';
import { PhaseLog } from './phases.ts';

const access = (paths: PathTable, step: number, times = 1): void => {
  for (let n = 0; n < times; n++) {
    paths.add(step);
    paths.end();
  }
};

describe('phases of a run', () => {
  it('splits the count of each path by phase', () => {
    const paths = new PathTable(new Float64Array(4));
    const log = new PhaseLog(paths);
    log.enter('a');
    access(paths, 1, 3);
    log.enter('b');
    access(paths, 1, 2);
    access(paths, 2);
    expect(paths.rows().map(({ count }) => count)).toEqual([5, 1]);
    expect(log.list()).toEqual([
      { name: 'a', counts: [3, 0] },
      { name: 'b', counts: [2, 1] },
    ]);
  });

  it('goes on with a phase whose name comes back, and leaves out what precedes the first', () => {
    const paths = new PathTable(new Float64Array(4));
    access(paths, 3, 7);
    const log = new PhaseLog(paths);
    access(paths, 1, 2);
    log.enter('a');
    access(paths, 1);
    log.enter('b');
    log.enter('a');
    access(paths, 1, 4);
    expect(log.list()).toEqual([
      { name: 'a', counts: [0, 5] },
      { name: 'b', counts: [0, 0] },
    ]);
    expect(log.list()[0]).toEqual({ name: 'a', counts: [0, 5] });
  });

  it('is empty for a run without phases', () => {
    const paths = new PathTable(new Float64Array(4));
    access(paths, 1);
    expect(new PhaseLog(paths).list()).toEqual([]);
  });
});
