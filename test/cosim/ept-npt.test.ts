import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { programs } from '../driver/random-program.ts';
import { type Outcome, runStepwise, search, SWITCHES, textOf } from '../driver/random-run.ts';
import { saneWorlds, type World } from '../driver/random-world.ts';
import { findCpuModel } from '../../core/cost/cpu-models.ts';

/** Values, faults, error numbers, signals, and how often userspace was asked: nothing that depends on the vendor. */
const visible = ({ result, seen }: Outcome): string =>
  textOf({ seen, eventfds: result.eventfds, userspaceExits: result.userspaceExits, divergences: result.divergences });

/** The CPU drawn, where it has what the guest and the switches ask for; else the newest of its vendor, which has it all. */
function able(drawn: string, newest: string, world: World, nestedLevels: number): string {
  const model = findCpuModel(drawn);
  if (!model.ok) throw new Error(model.error);
  const { features } = model.value;
  const { smep, smap, pke, pcide } = world.registers;
  const wide = world.mode === '5-level' || nestedLevels === 5;
  const has =
    (features.smep || !smep) &&
    (features.smap || !smap) &&
    (features.pku || !pke) &&
    (features.pcid || !pcide) &&
    (features.la57 || !wide);
  return has ? drawn : newest;
}

const kernels = fc.constantFrom('3.14', '3.15', '4.2', '4.15', '6.18', '6.19', '7.0');
const designs = fc.constantFrom('userspace', 'datamatch', 'wildcard', 'pio', 'ro-emulated');

const intel = fc.record({
  cpu: fc.constantFrom('haswell', 'skylake-sp', 'ice-lake-sp', 'sapphire-rapids'),
  vpid: fc.boolean(),
  mitigations: fc.constantFrom('default', 'none'),
  switches: fc.record({
    eptViolationDropsPsc: fc.boolean(),
    walkerLoadsThroughL1D: fc.boolean(),
    dataCache: fc.boolean(),
    eptAD: fc.boolean(),
    nestedLevels: fc.constantFrom(4, 5),
    evictEvery: fc.constantFrom(0, 0, 2),
  }),
});

const amd = fc.record({
  cpu: fc.constantFrom('zen1', 'zen2', 'zen3', 'zen4'),
  mitigations: fc.constantFrom('default', 'none'),
  switches: fc.record({
    npfDropsTranslation: fc.boolean(),
    nestedTlbEntries: fc.constantFrom(0, 1, 4, 64),
    walkerLoadsThroughL1D: fc.boolean(),
    nripOnNpf: fc.boolean(),
    mmioCaching: fc.boolean(),
    nestedLevels: fc.constantFrom(4, 5),
    evictEvery: fc.constantFrom(0, 0, 2),
  }),
});

describe('one program on two vendors', () => {
  it('reads the same values and takes the same faults, with caches of any size', () => {
    fc.assert(
      fc.property(
        kernels,
        designs,
        intel,
        amd,
        saneWorlds,
        programs(40),
        (kernel, design, one, other, world, steps) => {
          const intelCpu = able(one.cpu, 'sapphire-rapids', world, one.switches.nestedLevels);
          const amdCpu = able(other.cpu, 'zen4', world, other.switches.nestedLevels);
          const common = { kernel, design };
          const ept = {
            ...one,
            ...common,
            mmu: 'ept',
            cpu: intelCpu,
            switches: { ...SWITCHES, ...one.switches },
          } as const;
          const npt = {
            ...other,
            ...common,
            mmu: 'npt',
            cpu: amdCpu,
            switches: { ...SWITCHES, ...other.switches },
          } as const;
          expect(visible(runStepwise(npt, world, steps))).toBe(visible(runStepwise(ept, world, steps)));
        },
      ),
      search(350),
    );
  });
});
