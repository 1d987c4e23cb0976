import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayOracle } from '../../core/index.ts';
import { runConformance } from '../../host/cli/conformance.ts';

/** Recorded answers of a real KVM (Linux 6.18.44, x86-64, shadow paging). */
const file = (name: string): string => fileURLToPath(new URL(`kvm-oracle/${name}.json`, import.meta.url));

/** Cases of each file, and how many of them may be skipped at most. */
const FILES: readonly [name: string, cases: number, skipped: number][] = [
  ['registration', 255, 0],
  ['execution', 178, 0],
  ['sequences', 150, 0],
  ['sequences-exec', 150, 0],
];

describe('the answers of a real KVM', () => {
  it.each(FILES)('%s: all %i cases agree, at most %i skipped', async (name, cases, skipped) => {
    const report = await runConformance([file(name)]);
    expect(report.lines.filter((line) => line.includes('failed '))).toEqual([]);
    expect(report.errors).toEqual([]);
    expect([report.passed + report.skipped, report.failed, report.exitCode]).toEqual([cases, 0, 0]);
    expect(report.skipped).toBeLessThanOrEqual(skipped);
  });
});

describe('the replay can fail', () => {
  let execution: string;
  beforeAll(async () => {
    execution = JSON.stringify(JSON.parse(await readFile(file('execution'), 'utf8')));
  });

  it.each<[string, string, string]>([
    ['another eventfd count', '"eventfd":"e1","count":1', '"eventfd":"e1","count":2'],
    [
      'another address',
      '"events":[{"exit":"MMIO","phys_addr":"0xd0000000"',
      '"events":[{"exit":"MMIO","phys_addr":"0xd0000001"',
    ],
    ['other data', '"is_write":1,"data":"88776655"', '"is_write":1,"data":"88776654"'],
    ['another ring entry', '"ring":"pio"', '"ring":"mmio"'],
    ['another value read', '"value":"11223344"', '"value":"11223345"'],
    ['other dirty pages', '"dirty":[1,5,7,8]', '"dirty":[1,5,7]'],
    ['another ring index', '"first":169,"last":0', '"first":0,"last":0'],
    ['another error', '"errno":"OK"', '"errno":"EINVAL"'],
    ['another instruction pointer', '"rip":"0x1002"', '"rip":"0x1003"'],
    ['an exit too many', '"events":[]', '"events":[{"exit":"HLT"}]'],
  ])('%s', (_what, from, to) => {
    expect(execution.includes(from)).toBe(true);
    const counts = [execution, execution.replaceAll(from, to)].map((text) => {
      const tally = replayOracle(text);
      return tally.ok ? tally.value.failed : -1;
    });
    expect(counts[0]).toBe(0);
    expect(counts[1]).toBeGreaterThan(0);
  });
});
