import { configuration, ram, reads, start } from './guest.ts';
import { OP, recordHeader } from '../../core/index.ts';

/** Run in a process of its own: a 64 GiB guest of which 1 GiB is touched (one store in each 4 KiB page). Prints peak MiB. */
const GIB = 1n << 30n;
const run = start(configuration('userspace'), [ram(0n, 64n * GIB, '2M')]);
for (let from = 0; from < 262144; from += 8192) {
  const records: number[] = [];
  for (let page = from; page < from + 8192; page++)
    records.push(recordHeader(OP.WRITE, 4, 2, 0), page * 4096, page + 1);
  run.run(Float64Array.from(records), records.length);
}
const check = reads([0x1000]);
run.run(check, check.length);
if (run.resultLo !== 2) throw new Error(`memory holds ${run.resultLo}, not what was stored`);
console.log(Math.round(process.resourceUsage().maxRSS / 1024));
