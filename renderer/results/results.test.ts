import { describe, expect, it } from 'vitest';
import { STAGES, type PathResult, type RunResult } from '../../core/index.ts';
import { stageDifferenceTable, stepDifferenceTable } from '../compare/comparison.ts';
import { percentilesTable, stairsChart } from './distribution.ts';
import { divergencesChart, divergencesTable, lineOfKey, notesTable } from './divergences.ts';
import { aboutExits, exitsChart, exitsTable } from './exits.ts';
import { hasHostWork, hostChart, hostTable, hostWorksTable } from './host-work.ts';
import { KICK, madeRun } from './made-run.ts';
import { newEntry, type BenchRun } from '../state/run.ts';
import { dearestStages, pathsTable } from './paths.ts';
import { phasesTable } from './phases.ts';
import { kindsText, pricesLine, pricesOf } from './price-kinds.ts';
import { pricedRuns } from './priced-runs.ts';
import { EXIT_MEANINGS, OTHER_EXIT, STAGE_PAINT } from '../widgets/palette.ts';
import { statisticsTable } from './statistics.ts';
import { stagesChart, stagesOf, stagesTable } from './stages.ts';

const NO_RUN: BenchRun = {
  runId: 'r',
  documentId: 'a',
  script: { name: 'a.ts', text: '' },
  options: { check: true, events: 0, seconds: 0 },
  entries: [],
  state: 'done',
  elapsedMs: 0,
  restored: false,
};
const cheap = madeRun(0, [{ steps: [['guest.write', 1]], count: 9 }]);
const dear = madeRun(
  1,
  [
    { steps: [['guest.write', 1]], count: 90 },
    { steps: KICK, count: 10 },
  ],
  { exits: { EPT_MISCONFIG: 10, CPUID: 30 }, userspaceExits: 2, eventfds: { kick: 8 } },
);

describe('cycles by stage', () => {
  it('stack up to the mean of an access, inside its bounds', () => {
    const { parts, whiskers } = stagesChart([cheap, dear]);
    for (const [n, run] of [cheap, dear].entries()) {
      const stack = parts.reduce((sum, { values }) => sum + values[n]!, 0);
      expect(stack).toBeCloseTo(run.priced.perAccess.value, 9);
      expect(whiskers![n]!.low).toBeLessThanOrEqual(stack);
      expect(whiskers![n]!.high).toBeGreaterThanOrEqual(stack);
    }
  });

  it('keep the order of STAGES and leave out what nobody entered', () => {
    const stages = stagesOf([cheap, dear]);
    expect(stages).toEqual(['guest', 'world switch', 'bus']);
    expect(stages).toEqual(STAGES.filter((stage) => stages.includes(stage)));
  });

  it('stand in the table with bounds and the kinds of their prices', () => {
    const { columns, rows } = stagesTable([cheap, dear]);
    expect(columns).toHaveLength(rows[0]!.cells.length);
    const [name, total, low, high, prices] = rows[1]!.cells;
    expect(name!.text).toBe('run 1');
    expect(low!.raw).toBeLessThan(total!.raw as number);
    expect(high!.raw).toBeGreaterThan(total!.raw as number);
    expect(prices!.text).toBe(kindsText(dear.priced.provenance));
    expect(rows[1]!.cells[6]!.note).toMatch(/\.\./);
  });
});

describe('exits by reason', () => {
  it('are stacked, the most frequent first, and counted per access', () => {
    const { parts } = exitsChart([cheap, dear]);
    expect(parts.map(({ name, values }) => [name, values])).toEqual([
      ['CPUID', [0, 30]],
      ['EPT_MISCONFIG', [0, 10]],
    ]);
    const { rows } = exitsTable([cheap, dear]);
    expect(rows[1]!.cells.map(({ raw }) => raw)).toEqual(['run 1', 30, 10, 40, 0.4, 2, 8]);
  });
});

describe('exits that mean the same on two vendors', () => {
  const intel = madeRun(0, [], { exits: { EPT_VIOLATION: 5, EPT_MISCONFIG: 9, IO_INSTRUCTION: 2 } });
  const amd = madeRun(1, [], { exits: { NPF: 14, IOIO: 2, INVLPG: 1 } });

  it('are one part of the chart and one column, named after both, and a sentence says so', () => {
    const { parts } = exitsChart([intel, amd]);
    expect(parts.map(({ name, values }) => [name, values])).toEqual([
      ['EPT_VIOLATION / NPF', [5, 14]],
      ['EPT_MISCONFIG', [9, 0]],
      ['IO_INSTRUCTION / IOIO', [2, 2]],
      ['INVLPG', [0, 1]],
    ]);
    expect(new Set(parts.map(({ paint }) => paint.light)).size).toBe(parts.length);
    expect(exitsTable([intel, amd]).columns.map(({ title }) => title)).toContain('EPT_VIOLATION / NPF');
    expect(aboutExits([intel, amd])).toContain('two vendors');
  });

  it('have one name where there is one vendor', () => {
    expect(exitsChart([amd]).parts.map(({ name }) => name)).toEqual(['NPF', 'IOIO', 'INVLPG']);
    expect(aboutExits([amd])).toBeNull();
  });
});

describe('what kind of prices cycles rest on', () => {
  const phased = { phases: [{ name: 'one', counts: [90, 10] }] };
  const run = madeRun(1, dear.result.paths, phased);

  it.each([
    ['stages', stagesTable([run])],
    ['distribution', percentilesTable([run])],
    ['paths', pathsTable(run)],
    ['phases', phasesTable([run])],
    ['A against B', stageDifferenceTable(cheap, run)],
    ['steps that differ', stepDifferenceTable(cheap, run)],
  ])('stands in every row of the table of %s', (_name, { columns, rows }) => {
    const place = columns.findIndex(({ title }) => title === 'prices');
    expect(rows.length).toBeGreaterThan(0);
    for (const { cells } of rows) {
      expect(cells).toHaveLength(columns.length);
      expect(cells[place]!.text).toMatch(/read|derived|estimated/);
    }
  });

  it('is said with the largest part first, and never as none or all when it is not', () => {
    expect(kindsText({ read: 0, derived: 0, estimated: 1 })).toBe('estimated');
    expect(kindsText({ read: 0.2, derived: 0.001, estimated: 0.799 })).toBe(
      '80\u00a0% estimated, 20\u00a0% read, <1\u00a0% derived',
    );
    expect(kindsText({ read: 0, derived: 0, estimated: 0 })).toBe('');
  });

  it('stands beside a chart, from the least to the most of its configurations', () => {
    expect(
      pricesLine([
        { read: 0.2, derived: 0, estimated: 0.8 },
        { read: 0, derived: 0, estimated: 1 },
      ]),
    ).toBe('Prices: 80\u00a0% to 100\u00a0% estimated, 0\u00a0% to 20\u00a0% read.');
    expect(pricesLine([])).toBe('');
    expect(pricesOf([dear])).toMatch(/^Prices: .*estimated/);
  });
});

describe('host work beside the vCPU', () => {
  const memslot: PathResult['steps'] = [
    ['ioctl.memslot', 1],
    ['synchronize_srcu_expedited', 2],
  ];
  const bus = (entries: number): PathResult['steps'] => [
    ['ioctl.ioeventfd', 1],
    ['kvm_io_bus_register_dev', entries],
  ];
  const host = madeRun(0, [{ steps: KICK, count: 4 }], {
    hostPaths: [
      { steps: memslot, count: 3 },
      { steps: bus(1), count: 1 },
      { steps: bus(3), count: 1 },
      {
        steps: [
          ['mmu_lock.write', 1],
          ['kvm_mmu_zap_spte', 5],
        ],
        count: 2,
      },
    ],
  });
  const price = (step: keyof typeof host.model.prices): number => host.model.prices[step].value;

  it('is there for runs that have any', () => {
    expect([hasHostWork(cheap), hasHostWork(host)]).toEqual([false, true]);
  });

  it('stacks up to all its cycles, inside their bounds, with the same numbers in the table', () => {
    const { parts, whiskers } = hostChart([cheap, host]);
    const stack = parts.reduce((sum, { values }) => sum + values[1]!, 0);
    expect(stack).toBeCloseTo(host.host.total.value, 6);
    expect(parts.map(({ values }) => values[0])).toEqual(parts.map(() => 0));
    expect(whiskers![1]!.low).toBeLessThan(stack);
    expect(whiskers![1]!.high).toBeGreaterThan(stack);
    const { columns, rows } = hostTable([cheap, host]);
    expect(rows.map(({ cells }) => cells.length)).toEqual([columns.length, columns.length]);
    expect(rows[1]!.cells.slice(1, 3).map(({ raw }) => raw)).toEqual([7, host.host.total.value]);
    expect(rows[1]!.cells[5]!.text).toMatch(/read|derived|estimated/);
    expect(rows[1]!.cells.slice(6).map(({ raw }) => raw)).toEqual(parts.map(({ values }) => values[1]));
  });

  it('is told apart by ioctl, each with its count, mean and grace periods', () => {
    const { columns, rows } = hostWorksTable([cheap, host]);
    for (const { cells } of rows) expect(cells).toHaveLength(columns.length);
    expect(rows.map(({ cells }) => [cells[1]!.text, cells[2]!.raw, cells[6]!.raw])).toEqual([
      ['KVM_SET_USER_MEMORY_REGION', 3, 6],
      ['KVM_IOEVENTFD, coalesced zones', 2, 0],
      ['MMU notifier: pages taken away', 2, 0],
    ]);
    const ioeventfd = price('ioctl.ioeventfd') + 2 * price('kvm_io_bus_register_dev');
    expect(rows[1]!.cells[3]!.raw).toBeCloseTo(ioeventfd, 6);
  });
});

describe('configurations without a result', () => {
  it('that failed alike are named together, once', () => {
    const failing = (message: string, line: number) => ({
      ...newEntry(cheap.result.configuration),
      state: 'failed' as const,
      failure: { kind: 'script' as const, message, line, column: 1 },
    });
    const entries = [failing('kik is not a function', 4), failing('kik is not a function', 4), failing('other', 0)];
    const { runs, missing } = pricedRuns({ ...NO_RUN, entries }, (why) => why);
    expect(runs).toEqual([]);
    expect(missing).toEqual([
      { why: 'kik is not a function', line: 4, names: ['run 0', 'run 0'] },
      { why: 'other', line: 0, names: ['run 0'] },
    ]);
  });
});

describe('distribution', () => {
  it('has the percentiles of an access, not of a path', () => {
    const { rows } = percentilesTable([dear]);
    const [, paths, , p50, p90, p99, most] = rows[0]!.cells.map(({ raw }) => raw as number);
    const [write, kick] = dear.priced.paths.map(({ cycles }) => cycles.value);
    expect([paths, p50, p90, p99, most]).toEqual([2, write, write, kick, kick]);
  });

  it('rises to all accesses', () => {
    const { points } = stairsChart(dear);
    expect(points.map(({ y }) => y)).toEqual([0, 0.9, 1]);
  });
});

describe('paths', () => {
  it('come with counts, bounds and the first access that took them', () => {
    const { rows } = pathsTable(dear);
    expect(rows.map(({ key }) => key)).toEqual(['0', '1']);
    expect(rows[1]!.cells.map(({ raw }) => raw).slice(0, 3)).toEqual(['path 2', 10, 0.1]);
    expect(rows[1]!.cells[7]!.raw).toBe(1);
    expect(rows[1]!.cells[9]!.raw).toBe(2);
    expect(rows[1]!.action).toContain('path 2');
  });

  it('say which stages cost most', () => {
    const stages = dearestStages({ steps: KICK, count: 1 }, dear);
    expect(stages[0]!.stage).toBe('world switch');
    expect(stages.reduce((sum, { cycles }) => sum + cycles, 0)).toBeCloseTo(dear.priced.paths[1]!.cycles.value, 9);
  });
});

describe('divergences', () => {
  const divergences = [
    { kind: 'lost-write', text: 'lost', access: 'WRITE of 4 bytes', line: 7, count: 3 },
    { kind: 'wrong-read', text: 'wrong', access: 'READ of 4 bytes', line: 0, count: 1 },
  ] as const;
  const broken = madeRun(2, [{ steps: KICK, count: 4 }], { divergences });

  it('lead to their line where it is known', () => {
    const { rows } = divergencesTable([cheap, broken]);
    expect(rows.map(({ key, action }) => [lineOfKey(key), action])).toEqual([
      [7, 'Go to line 7'],
      [0, null],
    ]);
  });

  it('and notes that are the same on several configurations are listed once, with all of them', () => {
    const problem = { text: 'the vCPU is stuck', line: 9 };
    const given = { divergences, problem, notes: [{ what: 'KVM_IOEVENTFD: EEXIST', line: 3, count: 2 }] };
    const twins = [2, 3].map((n) => madeRun(n, [{ steps: KICK, count: 4 }], given));
    const other = madeRun(4, [{ steps: KICK, count: 4 }], { divergences: [{ ...divergences[0], count: 5 }] });
    expect(divergencesTable(twins).rows.map(({ cells }) => cells[2]!.text)).toEqual([
      'all 2 configurations',
      'all 2 configurations',
    ]);
    const apart = divergencesTable([...twins, other]).rows;
    expect(apart.map(({ cells }) => [cells[2]!.text, cells[3]!.raw])).toEqual([
      ['run 2, run 3', 3],
      ['run 2, run 3', 1],
      ['run 4', 5],
    ]);
    expect(notesTable(twins).rows.map(({ key, cells }) => [lineOfKey(key), cells[0]!.text, cells[2]!.text])).toEqual([
      [9, 'stopped', 'all 2 configurations'],
      [3, 'note', 'all 2 configurations'],
    ]);
  });

  it('are drawn for checked runs only', () => {
    const unchecked = madeRun(3, [{ steps: KICK, count: 1 }], { checked: false });
    expect(divergencesChart([broken, unchecked]).labels).toEqual(['run 2: lost-write', 'run 2: wrong-read']);
  });

  it('are told apart by their names; no colour of a stage or an exit means another thing here', () => {
    const { labels, parts } = divergencesChart([cheap, broken]);
    expect(labels).toEqual([cheap.name, 'run 2: lost-write', 'run 2: wrong-read']);
    expect(parts.map(({ values }) => values)).toEqual([[0, 3, 1]]);
    const taken = [...Object.values(STAGE_PAINT), ...EXIT_MEANINGS.map(({ paint }) => paint), OTHER_EXIT];
    const used = divergencesTable([broken]).rows.flatMap(({ cells }) => cells.flatMap(({ paint }) => paint ?? []));
    for (const paint of [...parts.map((part) => part.paint), ...used]) expect(taken).not.toContainEqual(paint);
  });
});

it('statistics are rows of counters, without those that stayed 0 on every configuration', () => {
  const run = (name: string, stats: Record<string, number>) => ({ name, result: { stats } as unknown as RunResult });
  const { columns, rows } = statisticsTable([
    run('shadow', { exits: 1200, pf_direct: 3, invlpg: 0 }),
    run('ept', { exits: 4, pf_direct: 0, invlpg: 0 }),
  ]);
  expect(columns.map(({ title }) => title)).toEqual(['counter', 'shadow', 'ept']);
  expect(rows.map(({ cells }) => cells.map(({ raw }) => raw))).toEqual([
    ['exits', 1200, 4],
    ['pf_direct', 3, 0],
  ]);
});
