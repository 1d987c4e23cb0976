import { describe, expect, it } from 'vitest';
import { findCpuModel } from '../cost/cpu-models.ts';
import { pricePhases } from './phases.ts';

const found = findCpuModel('zen4');
if (!found.ok) throw new Error(found.error);
const model = found.value;

describe('what a phase costs', () => {
  const paths = [
    { steps: [['guest.read', 1]], count: 7 },
    {
      steps: [
        ['walk.guest_l1', 4],
        ['walk.nested_dram', 20],
        ['hw.vmexit', 1],
        ['guest.read', 1],
      ],
      count: 3,
    },
  ] as const;

  it('prices its own accesses alone and counts exits and loads', () => {
    const [hits, mixed, none] = pricePhases(
      {
        paths,
        phases: [
          { name: 'hits', counts: [5, 0] },
          { name: 'mixed', counts: [1, 3] },
          { name: 'none', counts: [0, 0] },
        ],
      },
      model,
    );
    expect(hits).toMatchObject({ accesses: 5, exits: 0, loads: 0 });
    expect(hits!.cycles.value).toBe(model.prices['guest.read'].value);
    expect(mixed).toMatchObject({ accesses: 4, exits: 0.75, loads: 18 });
    expect(none).toMatchObject({ accesses: 0, exits: 0, loads: 0, cycles: { value: 0, low: 0, high: 0 } });
  });
});
