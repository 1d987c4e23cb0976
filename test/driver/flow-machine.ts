import { expect } from 'vitest';
import { flowList, frameOf } from './flow-list.ts';
import { drive, type DriveOptions, type MachineBuilder, type MachineDriver } from './machine-driver.ts';
import { pathOf } from './paths.ts';

const PAGE = 4096;
/** An MMIO page, and another one beside it. */
export const BELL = 0xe000_0000;
export const OTHER_PAGE = BELL + 3 * PAGE;
/** RAM pages, the first of them touched by `settle`. */
export const RAM = 0x1000;
export const FRESH_RAM = 0x9000;
/** A memslot at the end of RAM that may come and go. */
export const EXTRA = 0x1000_0000;

/** A guest of 1 MiB with 4-level paging and four MMIO pages, no mitigations. Flows may touch its registers and devices. */
export const flowMachine = (options: DriveOptions = {}): MachineBuilder =>
  drive({ mitigations: 'none', ...options })
    .ram(0, 1 << 20)
    .map(BELL, 4 * PAGE);

/** Touches a RAM page and an MMIO page until the tables to both are there and in the caches. */
export function settle(d: MachineDriver): MachineDriver {
  for (let i = 0; i < 4; i++) d.write32(RAM, 1).write32(OTHER_PAGE, 1);
  return d;
}

/** Kicks until nothing is new. */
export function warm(d: MachineDriver): MachineDriver {
  settle(d);
  for (let i = 0; i < 4; i++) d.write32(BELL, 1);
  return d;
}

/** Runs one access and compares its path with a golden list. */
export function expectFlow(d: MachineDriver, options: DriveOptions, access: () => unknown, golden: string[]): void {
  const path = pathOf(d, access);
  expect(flowList(path, frameOf(options))).toEqual(golden);
}
