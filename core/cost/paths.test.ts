import { describe, expect, it } from 'vitest';
import { PathTable } from './paths.ts';
import { STEP, STEP_COUNT } from './steps.ts';

const PAUSE = STEP['guest.pause'];
const READ = STEP['guest.read'];

describe('the ledger', () => {
  it.each([0, 1, 2 ** 17, 2 ** 17 + 1, 3 * 2 ** 17, 2 ** 20 + 5])(
    'takes a step %i times as one step of a path',
    (times) => {
      const paths = new PathTable(new Float64Array(STEP_COUNT).fill(0.5));
      paths.add(READ);
      paths.addMany(PAUSE, times);
      paths.end();
      const pauses = times === 0 ? [] : [{ step: PAUSE, times }];
      expect(paths.rows()).toEqual([{ steps: [{ step: READ, times: 1 }, ...pauses], count: 1 }]);
      expect(paths.clock).toBe(0.5 + times * 0.5);
    },
  );
});
