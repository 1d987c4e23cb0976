import { describe, expect, it } from 'vitest';
import { DEFAULT_KERNEL } from '../../core/index.ts';
import { flow, flowList, frameOf } from './flow-list.ts';
import { drive, type DriveOptions, type MachineBuilder, type MachineDriver, memslot } from './machine-driver.ts';
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

/** A flow (docs/glossary.md): the ordered steps of one access. */
export interface FlowRow {
  readonly id: string;
  readonly what: string;
  readonly options?: DriveOptions;
  /** The machine, when it is more than guest and MMIO pages. */
  readonly build?: (m: MachineBuilder) => MachineBuilder;
  /** What goes before the access. */
  readonly before: (d: MachineDriver) => unknown;
  readonly access: (d: MachineDriver) => unknown;
  readonly steps: string;
}

/** Kicks that several flows are of. */
export const fast = (m: MachineBuilder): MachineBuilder => m.ioeventfd('kick', BELL, 0);
export const byLength = (m: MachineBuilder): MachineBuilder => m.ioeventfd('kick', BELL, 4);
export const kick = (d: MachineDriver): unknown => d.write32(BELL, 1);

/** RAM logs dirty pages, and the guest's page tables, which its walks write too, have had their faults. */
export function logged(d: MachineDriver): void {
  settle(d).write32(FRESH_RAM, 1);
  d.host(memslot(0, 0, 1 << 20, { logDirty: true }));
  d.write32(FRESH_RAM, 2);
}

/** One test a flow: its access takes the steps of the golden list. */
export function describeFlows(title: string, rows: readonly FlowRow[]): void {
  const named = rows.map((row) => ({ ...row, kernel: row.options?.kernel ?? DEFAULT_KERNEL }));
  describe(title, () => {
    it.each(named)('$id on $kernel: $what', ({ options = {}, build, before, access, steps }) => {
      const machine = flowMachine(options);
      const d = (build === undefined ? machine : build(machine)).start();
      before(d);
      expectFlow(d, options, () => access(d), flow(steps));
    });
  });
}

/** Runs one access and compares its path with a golden list. */
export function expectFlow(d: MachineDriver, options: DriveOptions, access: () => unknown, golden: string[]): void {
  expect(flowList(pathOf(d, access), frameOf(options))).toEqual(golden);
}
