import { gatherBound } from './bounds.ts';
import { configuration, doorbell, kick, mapping, ram, randomPages, reads, start } from './guest.ts';
import { rate, type Row, sequence } from './measure.ts';

const MIB = 1n << 20n;
const COUNT = 1 << 20;

/** First-level TLB hits: random reads over 32 pages. */
export function hitRow(): Row {
  const run = start(configuration('userspace'), [ram(0n, 16n * MIB)]);
  const records = reads(randomPages(0x10_0000, 32, COUNT));
  const value = rate(COUNT, () => run.run(records, records.length));
  return { name: 'TLB-hit accesses', rate: value, bound: gatherBound(32, 1, 0), aim: 40, unit: 'M/s' };
}

/** Walks of 24 loads with hot tables: no paging-structure caches, no nested TLB, and pages that all fall into one TLB set. */
export function coldWalkRow(): Row {
  const run = start(configuration('userspace', { pscEntries: 0, nestedTlbEntries: 0 }), [
    ram(0n, 64n * MIB),
    ...Array.from({ length: 64 }, (_, i) =>
      mapping(0x1_0000_0000n + BigInt(i) * 8n * MIB, BigInt(i) * 4096n + MIB, 4096n),
    ),
  ]);
  const count = 1 << 18;
  const addresses = Array.from({ length: count }, (_, i) => 0x1_0000_0000 + (i % 64) * 0x80_0000);
  const records = reads(addresses);
  const value = rate(count, () => run.run(records, records.length));
  return {
    name: 'cold nested walks, 24 loads, hot tables',
    rate: value,
    bound: gatherBound(64, 25, 0),
    aim: 4,
    unit: 'M/s',
  };
}

/** Random reads over 256 K pages (1 GiB): a miss and a walk nearly every time. */
export function randomMissRow(): Row {
  const run = start(configuration('userspace'), [ram(0n, 1100n * MIB)]);
  const count = 1 << 19;
  const all = reads(Array.from({ length: 262144 }, (_, i) => 0x10_0000 + i * 4096));
  run.run(all, all.length);
  const records = reads(randomPages(0x10_0000, 262144, count, 3));
  const value = rate(count, () => run.run(records, records.length), 3);
  return { name: 'random misses over 256 K pages', rate: value, bound: gatherBound(262144, 7, 0), aim: 3, unit: 'M/s' };
}

/** 85 % first-level hits, 13 % second-level hits, 1.8 % walks, 0.2 % exits. */
export function mixRow(): Row {
  const run = start(configuration('fast-mmio'), [ram(0n, 256n * MIB), doorbell]);
  const next = sequence(5);
  const records: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const draw = next(1000);
    if (draw < 2) records.push(...kick());
    else {
      const page = draw < 850 ? next(32) : draw < 982 ? 64 + next(800) : 2048 + next(49152);
      records.push(...reads([0x10_0000 + page * 4096]));
    }
  }
  const buffer = Float64Array.from(records);
  const value = rate(COUNT, () => run.run(buffer, buffer.length));
  return {
    name: 'mix of 85 % L1 hits, 13 % L2 hits, 1.8 % walks, 0.2 % exits',
    rate: value,
    bound: gatherBound(1024, 2, 0),
    aim: 25,
    unit: 'M/s',
  };
}

/** Live hits with the reference beside the machine. */
export function checkedRow(): Row {
  const run = start(configuration('userspace'), [ram(0n, 16n * MIB)], true);
  const count = 1 << 18;
  const records = reads(randomPages(0x10_0000, 32, count));
  const value = rate(count, () => run.run(records, records.length));
  return {
    name: 'TLB-hit accesses, checked by the reference',
    rate: value,
    bound: gatherBound(32, 5, 0),
    aim: 5,
    unit: 'M/s',
  };
}
