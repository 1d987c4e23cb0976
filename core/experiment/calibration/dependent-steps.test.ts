import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepName } from '../../cost/steps.ts';
import { dependentColumns, dependentSteps } from './dependent-steps.ts';

const [A, B, C, D] = ['hw.vmexit', 'hw.vmentry', 'eventfd_signal', 'guest.read'] as const satisfies StepName[];

/** Rows from columns: `counts[n]` are those of a step in each row. */
const told = (counts: readonly (readonly [StepName, readonly number[]])[]) =>
  dependentSteps(
    counts[0]![1].map((_, n) => ({
      name: `row ${n}`,
      measured: 1,
      sigma: 1,
      times: new Map(counts.map(([step, of]) => [step, of[n]!])),
    })),
    counts.map(([step]) => step),
  );

describe('steps that rows cannot tell apart', () => {
  it.each<[string, [StepName, number[]][], StepName[][], StepName[][]]>([
    [
      'none',
      [
        [A, [1, 0, 2]],
        [B, [0, 1, 1]],
        [C, [1, 1, 0]],
      ],
      [],
      [],
    ],
    [
      'a pair',
      [
        [A, [1, 2, 3]],
        [B, [2, 4, 6]],
        [C, [1, 0, 0]],
      ],
      [[A, B]],
      [],
    ],
    [
      'a triple: A = B + C',
      [
        [A, [1, 1, 3]],
        [B, [1, 0, 2]],
        [C, [0, 1, 1]],
        [D, [0, 0, 1]],
      ],
      [],
      [[A, B, C]],
    ],
    [
      'a triple with a weight: A = B / 3 + 2 C',
      [
        [A, [1 / 3, 2, 1]],
        [B, [1, 0, 3]],
        [C, [0, 1, 0]],
      ],
      [],
      [[A, B, C]],
    ],
    [
      'a pair within a triple',
      [
        [A, [1, 1, 3]],
        [B, [1, 0, 2]],
        [D, [3, 0, 6]],
        [C, [0, 1, 1]],
      ],
      [[B, D]],
      [[A, B, C]],
    ],
    [
      'one row',
      [
        [A, [1]],
        [B, [3]],
        [C, [2]],
      ],
      [[A, B, C]],
      [],
    ],
    [
      'a step in no row',
      [
        [A, [1, 0]],
        [B, [0, 1]],
        [C, [0, 0]],
        [D, [0, 0]],
      ],
      [],
      [],
    ],
    [
      'more steps than rows',
      [
        [A, [1, 0]],
        [B, [0, 1]],
        [C, [1, 1]],
        [D, [1, 2]],
      ],
      [],
      [[A, B, C, D]],
    ],
  ])('%s', (_what, counts, inseparable, entangled) => {
    expect(told(counts)).toEqual({ inseparable, entangled });
  });

  it('are kept in groups that have nothing to do with each other', () => {
    const columns = [
      [1, 0, 0, 0],
      [0, 0, 1, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
      [1, 1, 0, 0],
      [0, 0, 2, 5],
    ];
    expect(dependentColumns(columns)).toEqual([
      [0, 2, 4],
      [1, 3, 5],
    ]);
  });

  it('are those whose price another price can make up for: a column in the span of the others', () => {
    const counts = fc.array(fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(counts, (columns) => {
        const found = new Set(dependentColumns(columns).flat());
        columns.forEach((_, n) => {
          const others = columns.filter((_other, m) => m !== n);
          expect(found.has(n)).toBe(rank(others) === rank(columns));
        });
      }),
    );
  });
});

/** Rank of whole numbers, exactly: fraction-free elimination. */
function rank(columns: readonly (readonly number[])[]): number {
  let rest = columns.map((column) => column.map(BigInt));
  let found = 0;
  for (let row = 0; row < 4; row++) {
    const pivot = rest.find((column) => column[row] !== 0n);
    if (pivot === undefined) continue;
    found++;
    rest = rest
      .filter((column) => column !== pivot)
      .map((column) => column.map((entry, i) => entry * pivot[row]! - pivot[i]! * column[row]!));
  }
  return found;
}
