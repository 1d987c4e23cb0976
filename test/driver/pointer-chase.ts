import { Random } from '../../core/base/random.ts';
import { OP } from '../../core/guest/instruction.ts';
import { recordHeader } from '../../core/guest/records.ts';
import type { RunResult } from '../../core/experiment/result.ts';
import type { PageSize } from '../../core/guest/setup.ts';
import { drive, type DriveOptions } from './machine-driver.ts';

const PAGE = 4096;
const LARGE_PAGE = 512 * PAGE;
const LINE = 64;

export interface Chase {
  readonly pages: number;
  readonly cyclesPerAccess: number;
  readonly walksPerAccess: number;
  /** Table entries loaded by a walk. */
  readonly loadsPerWalk: number;
  /** Share of all table loads, and of the data, that came from L1, L2, L3 and DRAM. */
  readonly tableFrom: readonly number[];
  readonly dataFrom: readonly number[];
}

/**
 * A chase through one line of each of `pages` pages, in a random cycle, host pages of 4 KiB: the third pass and those after it, of
 * at least 2^16 accesses. Lines are spread over the page offsets, as a chase must that wants its data in L1D.
 */
export function pointerChase(pages: number, options: DriveOptions, guestPage: PageSize = '4K'): Chase {
  const bytes = (pages + (pages >> 7) + 1024) * PAGE;
  const d = drive({ check: false, ...options, switches: { dataCache: true, ...options.switches } })
    .ram(0, Math.ceil(bytes / LARGE_PAGE) * LARGE_PAGE, { map: guestPage })
    .start();
  const order = shuffled(pages);
  const records = new Float64Array(pages * 2);
  order.forEach((page, n) => {
    records[n * 2] = recordHeader(OP.READ, 8, 1, 0);
    records[n * 2 + 1] = page * PAGE + (page % (PAGE / LINE)) * LINE;
  });
  const pass = () => d.machine.run(records, records.length);
  pass();
  pass();
  const before = d.result();
  const passes = Math.ceil(65536 / pages);
  for (let n = 0; n < passes; n++) pass();
  return measured(pages, before, d.result());
}

function measured(pages: number, before: RunResult, after: RunResult): Chase {
  const accesses = after.accesses - before.accesses;
  const first = times(before);
  const last = times(after);
  const count = (name: string): number => (last.get(name) ?? 0) - (first.get(name) ?? 0);
  const walks = count('walk.fixed');
  const table = ['l1', 'l2', 'l3', 'dram'].map((level) => count(`walk.guest_${level}`) + count(`walk.nested_${level}`));
  const loads = table.reduce((sum, each) => sum + each, 0);
  const [l2, l3, dram] = [count('guest.data_l2'), count('guest.data_l3'), count('guest.data_dram')];
  return {
    pages,
    cyclesPerAccess: (after.clock - before.clock) / accesses,
    walksPerAccess: walks / accesses,
    loadsPerWalk: walks === 0 ? 0 : loads / walks,
    tableFrom: table.map((each) => (loads === 0 ? 0 : each / loads)),
    dataFrom: [accesses - l2 - l3 - dram, l2, l3, dram].map((each) => each / accesses),
  };
}

function times(result: RunResult): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { steps, count } of result.paths)
    for (const [name, repeats] of steps) sums.set(name, (sums.get(name) ?? 0) + repeats * count);
  return sums;
}

function shuffled(count: number): number[] {
  const random = new Random(1);
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [order[n], order[other]] = [order[other]!, order[n]!];
  }
  return order;
}
