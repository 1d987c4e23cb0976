import { RECORD, recordHeader, type Run } from '../../core/index.ts';
import { gatherBound } from './bounds.ts';
import { configuration, doorbell, kick, ram, start } from './guest.ts';
import { rate, type Row } from './measure.ts';

const COUNT = 1 << 18;
const RAM = ram(0n, 16n << 20n);

function kickRow(design: string, name: string, aim: number): Row {
  const run = start(configuration(design), [RAM, doorbell]);
  const records = repeated();
  const value = rate(COUNT, () => run.run(records, records.length));
  return { name, rate: value, bound: gatherBound(64, 8, 24), aim, unit: 'M/s' };
}

function repeated(): Float64Array {
  const one = kick();
  const records = new Float64Array(COUNT * one.length);
  for (let i = 0; i < COUNT; i++) records.set(one, i * one.length);
  return records;
}

export const fastMmioRow = (): Row => kickRow('fast-mmio', 'fast-MMIO exits', 5);
export const emulatedRow = (): Row => kickRow('wildcard', 'emulated in-kernel MMIO exits', 1);

function loopOf(iterations: number): Float64Array {
  const body = kick();
  return Float64Array.from([...kick(), recordHeader(RECORD.LOOP, 0, 2, 0), iterations, body.length, ...body]);
}

function runLoop(iterations: number): { run: Run; seconds: number } {
  const run = start(configuration('fast-mmio'), [RAM, doorbell], true);
  const records = loopOf(iterations);
  const from = performance.now();
  run.run(records, records.length);
  return { run, seconds: (performance.now() - from) / 1000 };
}

/** A recorded loop of 10^9 kicks: seconds, and whether its counts are those of a short replay scaled up. */
export function steadyLoop(): { seconds: number; exact: boolean; aim: number } {
  runLoop(1000);
  const { run, seconds } = runLoop(1e9);
  const short = start(configuration('fast-mmio'), [RAM, doorbell], true);
  const live = Float64Array.from([...kick(), ...Array.from({ length: 2000 }, () => kick()).flat()]);
  short.run(live, live.length);
  const many = run.result();
  const few = short.result();
  const scale = 1e9 - 2000;
  const steady = many.paths.reduce((best, path) => (path.count > best.count ? path : best));
  const same = few.paths.every((path) => {
    const twin = many.paths.find((other) => JSON.stringify(other.steps) === JSON.stringify(path.steps));
    const more = JSON.stringify(path.steps) === JSON.stringify(steady.steps) ? scale : 0;
    return twin !== undefined && twin.count === path.count + more;
  });
  const exact =
    same && many.paths.length === few.paths.length && many.eventfds['kick'] === few.eventfds['kick']! + scale;
  return { seconds, exact, aim: 0.1 };
}
