import { spawnSync } from 'node:child_process';
import { checkedRow, coldWalkRow, hitRow, mixRow, randomMissRow } from './access-rows.ts';
import { emulatedRow, fastMmioRow, steadyLoop } from './exit-rows.ts';
import { kernelRows } from './kernel-rows.ts';
import type { Row } from './measure.ts';
import { scriptRows } from './script.ts';

/** Prints the benchmark as JSON. One core; rates are of CPU time; a ratio is rate over bound, both of this run. */
const rows = [hitRow, coldWalkRow, randomMissRow, fastMmioRow, emulatedRow, mixRow, checkedRow];
const measured: Row[] = [...rows.map((row) => row()), ...kernelRows(), ...(await scriptRows())];
const round = (value: number): number => Math.round(value * 100) / 100;
const child = spawnSync(process.execPath, [new URL('./memory.ts', import.meta.url).pathname], { encoding: 'utf8' });

console.log(
  JSON.stringify(
    {
      schema: 'exitlab.bench/1',
      node: process.version,
      rows: measured.map(({ name, rate, bound, aim, unit }) => ({
        name,
        rate: round(rate),
        unit,
        aim,
        bound: bound === null ? null : round(bound),
        ratio: bound === null ? null : round(rate / bound),
      })),
      steadyLoop: steadyLoop(),
      memory: { peakMiB: Number(child.stdout), aim: 300, what: '64 GiB guest, 1 GiB touched' },
    },
    null,
    2,
  ),
);
