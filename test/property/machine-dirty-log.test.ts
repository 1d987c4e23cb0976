import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dirtyLog } from '../../core/kvm/vm-ioctls.ts';
import type { Machine } from '../../core/machine/machine.ts';
import { programs, ProgramWriter } from '../driver/random-program.ts';
import { COMBINATIONS, search, startRun, SWITCHES } from '../driver/random-run.ts';
import { ALIAS, RAM1, saneWorlds, SLOT, TARGETS, type World } from '../driver/random-world.ts';

/** Pages of RAM1 that programs store to. The first one also has another slot, which does not log. */
const PAGES = [1, 511];

/** A world whose second RAM slot logs from the start, and in which no window leads to it by its other address. */
const logged = (world: World): World => ({
  ...world,
  logDirty: true,
  windows: world.windows.map((entry) => (TARGETS[entry.target] === ALIAS ? { ...entry, target: 0 } : entry)),
});

function contents({ parts }: Machine): string[] {
  const words = new Int32Array(4);
  return PAGES.map((page) => {
    const at = Number(RAM1) + page * 4096;
    let text = '';
    for (let offset = 0; offset < 4096; offset += 16) {
      words.fill(0);
      parts.guestView.readGuest(0, at + offset, 16, words);
      text += words.join();
    }
    return text;
  });
}

describe('the dirty log', () => {
  it('names every page whose contents changed since it was taken, by store, emulation or page walk, with PML or without', () => {
    let changes = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...COMBINATIONS),
        saneWorlds.map(logged),
        fc.array(programs(15), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (combination, world, rounds, eptAD) => {
          const switches = combination.mmu === 'ept' ? { ...SWITCHES, eptAD } : SWITCHES;
          const { run, list, writer } = startRun({ ...combination, switches }, world);
          const { machine } = run as unknown as { readonly machine: Machine };
          let before = contents(machine);
          for (const steps of rounds) {
            play(writer, steps);
            const records = list.take();
            list.clear();
            run.run(records, records.length);
            const { errno, bitmap } = dirtyLog(machine.parts.kvm, SLOT.RAM1);
            expect(errno).toBe(0);
            const after = contents(machine);
            PAGES.forEach((page, i) => {
              if (after[i] === before[i]) return;
              changes++;
              expect((bitmap[page >> 5]! >>> (page & 31)) & 1, `page ${page}`).toBe(1);
            });
            before = after;
          }
        },
      ),
      search(200),
    );
    expect(changes).toBeGreaterThan(50);
  });
});

/** Steps that would stop the log, or take it, are left out. */
function play(writer: ProgramWriter, steps: readonly Parameters<ProgramWriter['write']>[0][]): void {
  for (const step of steps) if (step.k !== 'host' || !step.what.startsWith('log-')) writer.write(step);
}
