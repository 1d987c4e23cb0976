import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../core/experiment/result.ts';
import { OP } from '../../core/guest/instruction.ts';
import { drive } from '../driver/machine-driver.ts';
import { loopPrograms, unrolled } from '../driver/random-program.ts';
import { COMBINATIONS, runWhole, search, SWITCHES, textOf } from '../driver/random-run.ts';
import { hazardousWorlds, saneWorlds } from '../driver/random-world.ts';

describe('a recorded loop', () => {
  it('gives what its copies give, byte for byte: nested, with host operations, under any design', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMBINATIONS),
        fc.oneof(saneWorlds, hazardousWorlds),
        loopPrograms,
        (combination, world, steps) => {
          const looped = runWhole({ ...combination, switches: SWITCHES }, world, steps);
          const copied = runWhole({ ...combination, switches: SWITCHES }, world, unrolled(steps));
          expect(textOf(looped.result)).toBe(textOf(copied.result));
        },
      ),
      search(220),
    );
  });

  const designs = COMBINATIONS.filter(({ kernel }) => kernel === '7.0');

  it.each(designs)('of 10^9 kicks takes no time, and counts what 10^3 kicks foretell: $mmu/$design', (combination) => {
    const kicks = (times: number): RunResult =>
      drive(combination)
        .ram(0, 1 << 22)
        .doorbell('kick')
        .run((d) => d.repeat(times, () => d.kick()))
        .result();
    const short = kicks(1000);
    const longer = kicks(1010);
    const attempts = [1, 2, 3].map(() => {
      const machine = drive(combination)
        .ram(0, 1 << 22)
        .doorbell('kick')
        .start();
      const began = performance.now();
      machine.repeat(1e9, () => machine.kick());
      return { machine, took: performance.now() - began };
    });
    // The best of three: another process may have had the core.
    expect(Math.min(...attempts.map(({ took }) => took))).toBeLessThan(100);
    const { machine } = attempts[0]!;
    const foretold = (of: (result: RunResult) => number): number =>
      of(short) + ((of(longer) - of(short)) / 10) * (1e9 - 1000);
    const long = machine.result();
    expect(long.accesses).toBe(1e9);
    expect(long.clock).toBe(foretold(({ clock }) => clock));
    expect(long.userspaceExits).toBe(foretold(({ userspaceExits }) => userspaceExits));
    for (const name of Object.keys(short.eventfds)) {
      expect(long.eventfds[name]).toBe(foretold(({ eventfds }) => eventfds[name]!));
    }
    for (const name of Object.keys(short.stats)) expect(long.stats[name]).toBe(foretold(({ stats }) => stats[name]!));
    for (const name of Object.keys(short.exits)) expect(long.exits[name]).toBe(foretold(({ exits }) => exits[name]!));
    expect(long.paths.map(({ steps }) => steps)).toEqual(short.paths.map(({ steps }) => steps));
    long.paths.forEach(({ count }, i) => expect(count).toBe(foretold(({ paths }) => paths[i]!.count)));
    expect(long.divergences).toEqual([]);
  });

  // First-level TLBs of stores and of fetches, where a model has them: more pages than entries, so that every turn finds others there.
  it.each([
    ['sapphire-rapids', 'ept', 'stores', 17],
    ['sapphire-rapids', 'ept', 'fetches', 257],
    ['zen4', 'npt', 'stores', 73],
    ['zen4', 'npt', 'fetches', 65],
    ['zen4', 'npt', 'fetches', 700],
  ] as const)('on %s (%s) of %s over more pages than a TLB holds gives what its copies give: %i pages', (...row) => {
    const [cpu, mmu, kind, pages] = row;
    const run = (loops: boolean): RunResult => {
      const d = drive({ cpu, mmu })
        .ram(0, 1 << 22)
        .start();
      const body = (): void => {
        for (let n = 0; n < pages; n++) {
          if (kind === 'stores') d.write32(((n * 7) % pages) * 4096, 1);
          else d.insn(OP.FETCH, 1, ((n * 7) % pages) * 4096);
        }
      };
      if (loops) d.repeat(60, body);
      else for (let turn = 0; turn < 60; turn++) body();
      return d.result();
    };
    expect(run(true).paths).toEqual(run(false).paths);
  });

  it('of 10^9 swallowed reads counts each divergence', () => {
    const d = drive({ design: 'rfc-violation' })
      .ram(0, 1 << 22)
      .doorbell('kick')
      .start();
    d.repeat(1e9, () => d.readBell());
    d.expectDivergences({ 'spurious-signal': 1e9, 'unreadable-page': 1e9 - 1 });
  });
});
