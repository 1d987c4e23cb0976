import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DivergenceKind } from '../../core/reference/divergence.ts';
import { programs } from '../driver/random-program.ts';
import {
  COMBINATIONS,
  type Combination,
  isSane,
  runStepwise,
  search,
  SWITCHES,
  unexplained,
  unexplainedStop,
} from '../driver/random-run.ts';
import { hazardousWorlds, saneWorlds } from '../driver/random-world.ts';

/** What a probe that knows nothing but an address may do to a guest. */
const SKIPPED_WHOLE: readonly DivergenceKind[] = [
  'swallowed-rmw',
  'lost-write',
  'lost-signal',
  'missed-exit',
  'wrong-fault',
];
const ADDRESS_ALONE: readonly DivergenceKind[] = [...SKIPPED_WHOLE, 'spurious-signal'];

/**
 * What may differ under each design whose probe skips instructions (`breaks` of core/design/rfcs). All of them skip an instruction as a
 * whole: of a string or a 16-byte store the rest is lost, with its faults and its exits. A write-mostly page can't hold code.
 */
const ALLOWED: Readonly<Record<string, readonly DivergenceKind[]>> = {
  'fast-mmio': ADDRESS_ALONE,
  'svm-fast-mmio': ADDRESS_ALONE,
  'rfc-violation': [...ADDRESS_ALONE, 'unreadable-page'],
  'write-mostly': [...ADDRESS_ALONE, 'unreadable-page', 'unexpected-exit'],
  'rfc-write-bit': SKIPPED_WHOLE,
  'bad-page': SKIPPED_WHOLE,
};
/** Zones over ioeventfds: the search of the bus misses one or the other. */
const OVERLAPS: readonly DivergenceKind[] = ['lost-signal', 'unexpected-exit'];

const sane = COMBINATIONS.filter(isSane);
const hazardous = COMBINATIONS.filter((combination) => !isSane(combination));
const named = (list: readonly Combination[]) => fc.constantFrom(...list);

describe('the machine and the reference', () => {
  it('agree on every design without known hazards', () => {
    fc.assert(
      fc.property(named(sane), saneWorlds, programs(40), (combination, world, steps) => {
        const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        expect(unexplained(outcome, steps, [])).toEqual([]);
        expect(unexplainedStop(outcome, steps)).toBeNull();
      }),
      search(700),
    );
  });

  it('differ under a hazardous design only in the ways that design is known for', () => {
    fc.assert(
      fc.property(named(hazardous), saneWorlds, programs(40), (combination, world, steps) => {
        const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        expect(unexplained(outcome, steps, ALLOWED[combination.design]!)).toEqual([]);
        expect(unexplainedStop(outcome, steps)).toBeNull();
      }),
      search(450),
    );
  });

  it('differ where zones overlap ioeventfds only by what the search of the bus loses', () => {
    const slow = sane.filter(({ mmu, kernel }) => kernel === '3.14' || (mmu === 'npt' && kernel !== '7.0'));
    fc.assert(
      fc.property(named(slow), hazardousWorlds, programs(40), (combination, world, steps) => {
        const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        expect(unexplained(outcome, steps, OVERLAPS)).toEqual([]);
        expect(unexplainedStop(outcome, steps)).toBeNull();
      }),
      search(220),
    );
  });

  it('never differ in a value read or in memory, whatever stands on the bus', () => {
    const never: readonly DivergenceKind[] = ['wrong-read', 'wrong-write', 'wrong-exit'];
    fc.assert(
      fc.property(named(COMBINATIONS), hazardousWorlds, programs(40), (combination, world, steps) => {
        const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        expect(unexplained(outcome, steps, []).filter(({ kind }) => never.includes(kind))).toEqual([]);
        expect(unexplainedStop(outcome, steps)).toBeNull();
      }),
      search(220),
    );
  });

  it('are compared on programs that reach every kind of memory', () => {
    const reached = { exits: 0, signals: 0, faults: 0, results: 0 };
    fc.assert(
      fc.property(named(sane), saneWorlds, programs(40), (combination, world, steps) => {
        const { result, seen } = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        if (result.userspaceExits > 0) reached.exits++;
        if (Object.values(result.eventfds).some((count) => count > 0)) reached.signals++;
        if (seen.some(({ vector }) => vector >= 0)) reached.faults++;
        if (seen.some(({ lo }) => lo !== 0)) reached.results++;
      }),
      { ...search(200), numRuns: 200 },
    );
    for (const times of Object.values(reached)) expect(times).toBeGreaterThan(60);
  });
});
