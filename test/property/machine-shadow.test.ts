import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DivergenceKind } from '../../core/reference/divergence.ts';
import { loopPrograms, programs, type Step, unrolled } from '../driver/random-program.ts';
import {
  runStepwise,
  runWhole,
  search,
  type Seen,
  SHADOW,
  SWITCHES,
  textOf,
  unexplained,
  unexplainedStop,
} from '../driver/random-run.ts';
import { saneWorlds, type World } from '../driver/random-world.ts';

/**
 * A page without memory has a reserved SPTE, so the processor leaves the guest before it looks at the guest's rights, and the emulator finds
 * the fault: it reads the operand of a read-modify-write first, from the device if need be, and reports that read's fault, without W
 * (arch/x86/kvm/emulate.c).
 */
const emulatesFault = (step: Step, seen: Seen, kind: DivergenceKind): boolean =>
  (step.k === 'rmw' || step.k === 'bell') &&
  seen.vector === 14 &&
  (kind === 'wrong-fault' || kind === 'unexpected-exit');

/**
 * KVM's own: a table that is synchronised (MOV to CR3, INVLPG) gives its MMIO SPTEs the generation of the day without a look at the memslots
 * (sync_mmio_spte in arch/x86/kvm/mmu/mmu.c), so that a slot made over them is not seen.
 */
const STALE: readonly DivergenceKind[] = ['stale-translation'];

/** In 3.15 the search of the MMIO bus does not find an ioeventfd of length 0, and FAST_MMIO is not asked under shadow paging. */
const WELL = SHADOW.filter(({ kernel, design }) => kernel !== '3.15' || design !== 'fast-mmio');

/** What of a world KVM shows its guest: no protection keys under shadow paging, and no five levels with old kernels. */
function shownBy(kernel: string, world: World): World {
  const old = ['3.14', '3.15', '4.2'].includes(kernel) && world.mode === '5-level';
  return { ...world, mode: old ? '4-level' : world.mode, registers: { ...world.registers, pke: false } };
}

const withoutKeys = (steps: readonly Step[]): readonly Step[] =>
  steps.map((step) =>
    step.k === 'cr4' ? { ...step, pke: false } : step.k === 'loop' ? { ...step, body: withoutKeys(step.body) } : step,
  );

describe('the machine under shadow paging and the reference', () => {
  it('agree with every kernel and design, on both vendors', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WELL), saneWorlds, programs(40).map(withoutKeys), (combination, wanted, steps) => {
        const world = shownBy(combination.kernel, wanted);
        const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
        const differences = unexplained(outcome, steps, STALE).filter(
          ({ kind, line }) => line === 0 || !emulatesFault(steps[line - 1]!, outcome.seen[line - 1]!, kind),
        );
        expect(differences).toEqual([]);
        expect(unexplainedStop(outcome, steps)).toBeNull();
      }),
      search(500),
    );
  });

  it('a recorded loop gives what its copies give, byte for byte', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WELL), saneWorlds, loopPrograms, (combination, wanted, loops) => {
        const world = shownBy(combination.kernel, wanted);
        const steps = withoutKeys(loops);
        const looped = runWhole({ ...combination, switches: SWITCHES }, world, steps);
        const copied = runWhole({ ...combination, switches: SWITCHES }, world, unrolled(steps));
        expect(textOf(looped.result)).toBe(textOf(copied.result));
      }),
      search(150),
    );
  });
});
