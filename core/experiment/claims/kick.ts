import { ARGS_UNIT, RECORD, recordHeader } from '../../guest/records.ts';
import { OP } from '../../guest/instruction.ts';
import type { SetupOp } from '../../guest/setup.ts';
import { priceResult } from '../pricing.ts';
import type { Configuration, RunResult } from '../result.ts';
import { prepare } from '../run.ts';
import type { Selection } from '../configurations.ts';
import { configurationOf, modelOf } from './exit-cost.ts';

const LOOPS = 64;

/** A guest of 1 MiB with a doorbell of 4 bytes. */
const SETUP: readonly SetupOp[] = [
  { kind: 'ram', gpa: 0n, size: 1n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: '4K' },
  { kind: 'doorbell', id: 0, name: 'kick', width: 4, gpa: null, match: 1n },
];

/** Runs access records in a loop on a configuration; the result of the whole run. */
export function runRecords(configuration: Configuration, records: readonly number[], loops = LOOPS): RunResult {
  const run = prepare(configuration, SETUP);
  if (!run.ok) throw new Error(run.error);
  const loop = [RECORD.LOOP + 2 * ARGS_UNIT, loops, records.length, ...records];
  run.value.run(Float64Array.from(loop), loop.length);
  return run.value.result();
}

const insn = (op: number, size: number, ...args: readonly number[]): number[] => [
  recordHeader(op, size, args.length, 0),
  ...args,
];

export const KICK = insn(RECORD.KICK, 0, 0, 1);
export const READ_BELL = insn(RECORD.BELL_READ, 0, 0);
/** The first touch of a page of RAM: an ordinary EPT violation or nested page fault. */
export const TOUCH_RAM = insn(OP.WRITE, 8, 0x5000, 1);

/** TSC cycles of the path that most iterations took, at best prices. */
export function steadyCost(result: RunResult): number {
  const path = result.paths.reduce((most, one) => (one.count > most.count ? one : most));
  const priced = priceResult([{ ...path, count: 1 }], modelOf(result.configuration.cpu));
  if (!priced.ok) throw new Error(priced.error);
  return priced.value.total.value;
}

/** TSC cycles of a kick in its steady state. */
export const kickCost = (selection: Selection): number => steadyCost(runRecords(configurationOf(selection), KICK));
