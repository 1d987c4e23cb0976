import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { programs } from '../driver/random-program.ts';
import { COMBINATIONS, type Outcome, runStepwise, search, SWITCHES, textOf } from '../driver/random-run.ts';
import { hazardousWorlds, saneWorlds } from '../driver/random-world.ts';

/** Everything but time: what the guest saw, what userspace saw, and the exits it took. */
const visible = ({ result, seen }: Outcome): string =>
  textOf({
    seen,
    eventfds: result.eventfds,
    exits: result.exits,
    userspaceExits: result.userspaceExits,
    divergences: result.divergences,
    notes: result.notes,
    problem: result.problem,
  });

describe('anything may be dropped from a TLB at any time', () => {
  it('and neither guest nor userspace can tell', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMBINATIONS),
        fc.oneof(saneWorlds, hazardousWorlds),
        programs(40),
        fc.constantFrom(1, 2, 3, 7),
        fc.nat(1000),
        (combination, world, steps, evictEvery, seed) => {
          const kept = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
          const dropped = runStepwise({ ...combination, seed, switches: { ...SWITCHES, evictEvery } }, world, steps);
          expect(visible(dropped)).toBe(visible(kept));
        },
      ),
      search(250),
    );
  });

  it('but time tells: the switch really drops something', () => {
    fc.assert(
      fc.property(saneWorlds, (world) => {
        const steps = Array.from({ length: 40 }, () => ({ k: 'load', at: { page: 16, offset: 0 }, size: 4 }) as const);
        const kept = runStepwise({ switches: SWITCHES }, world, steps);
        const dropped = runStepwise({ switches: { ...SWITCHES, evictEvery: 1 } }, world, steps);
        expect(dropped.result.clock).toBeGreaterThan(kept.result.clock);
      }),
      search(20),
    );
  });
});
