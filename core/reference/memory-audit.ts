import type { Access } from './access.ts';
import { bytes, hexBytes } from './describe.ts';
import type { Expectation } from './expectation.ts';
import { sameBytes } from './page-store.ts';
import type { MemoryMap } from './memory-map.ts';
import type { MachineMemory } from './observation.ts';
import type { Reporter } from './reporter.ts';

const STEP = 16;
/** Accessed and dirty bits: a processor may set them in an entry that it only looked at. */
const ACCESSED_DIRTY = 0x60;

/**
 * Compares every page the reference ever saw written with the machine's, and takes the machine's bytes over where they differ. In pages that
 * hold guest page tables, accessed and dirty bits are not compared.
 * @param wide page-table entries have 8 bytes. @returns the number of pages that differ.
 */
export function auditMemory(
  memory: MemoryMap,
  machine: MachineMemory,
  reporter: Reporter,
  access: Access,
  exp: Expectation,
  wide: boolean,
): number {
  const mine = new Int32Array(4);
  const theirs = new Int32Array(4);
  const ignore = (table: boolean, word: number) => (table && (!wide || word % 2 === 0) ? ~ACCESSED_DIRTY : ~0);
  let pages = 0;
  memory.forEachPage((gfn, frame) => {
    const table = memory.store.isTable[frame] === 1;
    const hi = Math.floor(gfn / 0x100000);
    let differs = false;
    for (let offset = 0; offset < 4096; offset += STEP) {
      const lo = ((gfn % 0x100000) * 4096 + offset) | 0;
      memory.store.read(frame, offset, STEP, mine, 0);
      if (!machine.readGuest(hi, lo, STEP, theirs)) theirs.fill(0);
      const kept = mine.map((word, i) => word & ignore(table, i));
      if (
        sameBytes(
          kept,
          theirs.map((word, i) => word & ignore(table, i)),
          STEP,
        )
      )
        continue;
      if (!differs) {
        const words = () => ({
          piece: `${bytes(STEP)} at 0x${(gfn * 4096 + offset).toString(16)}`,
          got: hexBytes(theirs, STEP),
          want: hexBytes(mine, STEP),
        });
        reporter.report('MEMORY_DIFFERS', access, exp, { words });
      }
      differs = true;
      memory.store.write(frame, offset, STEP, theirs, 0);
    }
    if (differs) pages++;
  });
  return pages;
}
