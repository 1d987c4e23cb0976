import { describe, expect, it } from 'vitest';
import { profilesOf, type PathResult, type TimedResult } from '../../core/index.ts';
import { WAITS } from '../../core/machine/smp/waits.ts';
import { resultText } from '../text/results.ts';
import { NEUTRAL, WAIT_PAINT, WITHOUT_WORK } from '../widgets/palette.ts';
import { KICK, madeRun } from './made-run.ts';
import { profileChart, profileLabel, profileTable, profileWhole, shownProfiles } from './profile.ts';
import { aboutTimed, isRepriced, numberedAccesses, ownClock } from './timed.ts';
import {
  busyText,
  runsChart,
  runsTable,
  schedulingTable,
  timedRuns,
  vcpusChart,
  vcpusTable,
  waitsTable,
} from './vcpus.ts';

const kicks = (count: number): PathResult[] => [{ steps: KICK, count }];
const plain = madeRun(0, kicks(4));
const EACH = plain.priced.perAccess.value;

/** vCPU 1 begins when 100 cycles are over, spins for the lock and sleeps; vCPU 0 never waits. */
const timed: TimedResult = {
  vcpus: [
    { id: 0, instructions: 3, paths: kicks(3), waits: [], clock: 3 * EACH },
    {
      id: 1,
      instructions: 1,
      paths: kicks(1),
      waits: [
        { symbol: 'queued_spin_lock_slowpath', kind: 'spins', times: 2, cycles: 700 },
        { symbol: '__mutex_lock_slowpath', kind: 'sleeps', times: 1, cycles: 40 },
      ],
      clock: 100 + EACH + 740,
    },
  ],
  host: [{ waits: [{ symbol: '__synchronize_srcu', kind: 'sleeps', times: 1, cycles: 500 }], clock: 2000 }],
};
const several = madeRun(1, kicks(4), { timed, clock: 4 * EACH });

describe('a profile', () => {
  it('lists every symbol with its cycles, and their part of those in the kernel', () => {
    const [shown] = shownProfiles(plain);
    const { columns, rows } = profileTable(shown!);
    const [profile] = profilesOf(plain.result, plain.model);
    expect(rows.map(({ cells }) => [cells[0]!.raw, cells[1]!.raw, cells[2]!.raw])).toEqual(
      profile!.rows.map(({ symbol, share, cycles }) => [symbol, share, cycles]),
    );
    for (const { cells } of rows) {
      expect(cells).toHaveLength(columns.length);
      expect(cells[3]!.text).toMatch(/read|derived|estimated/);
    }
    expect(rows.reduce((all, { cells }) => all + (cells[1]!.raw as number), 0)).toBeCloseTo(1, 9);
    expect(rows[0]!.cells[1]!.text).toMatch(/^\d+\.\d\d\u00a0%$/);
  });

  it('draws the largest symbols, in the order of the table', () => {
    const [shown] = shownProfiles(plain);
    const { labels, parts } = profileChart(shown!);
    const rows = profileTable(shown!).rows.slice(0, 12);
    expect(labels).toEqual(rows.map(({ key }) => key));
    expect(parts.map(({ values }) => values)).toEqual([rows.map(({ cells }) => (cells[1]!.raw as number) * 100)]);
  });

  it('says of which workload, CPU, MMU, kernel and design it is, and what it leaves out', () => {
    const [shown] = shownProfiles(plain);
    const { mmu, kernel, design } = plain.result.configuration;
    const label = profileLabel('Kicks', shown!);
    expect(label).toContain('Kicks: ');
    for (const part of [plain.model.name, mmu, `Linux ${kernel}`, `design ${design}`]) expect(label).toContain(part);
    expect(shown!.profile.elsewhere).toBeGreaterThan(0);
    expect(profileWhole(shown!)).toMatch(/cycles in the kernel; .* elsewhere/);
  });

  it('is one of all vCPUs and one of each where several ran, with what spun and without what slept', () => {
    const profiles = shownProfiles(several);
    expect(profiles.map(({ who }) => who)).toEqual(['all 2 vCPUs', 'vCPU 0', 'vCPU 1']);
    expect(new Set(profiles.map((shown) => profileTable(shown).caption)).size).toBe(3);
    const rowsOf = (n: number) => new Map(profileTable(profiles[n]!).rows.map(({ key, cells }) => [key, cells]));
    expect(rowsOf(0).get('queued_spin_lock_slowpath')![2]!.raw).toBe(700);
    expect(rowsOf(2).get('queued_spin_lock_slowpath')![3]!.text).toBe('waited');
    expect(rowsOf(1).has('queued_spin_lock_slowpath')).toBe(false);
    expect(rowsOf(0).has('__mutex_lock_slowpath')).toBe(false);
  });

  it('has the cycles of the prices that are on the run', () => {
    const prices = { ...several.model.prices };
    const twice = (step: keyof typeof prices) => ({ ...prices[step], value: prices[step].value * 2 });
    const dearer = { ...several.model, prices: { ...prices, 'hw.vmexit': twice('hw.vmexit') } };
    const exits = (model: typeof dearer) => shownProfiles({ ...several, model })[0]!.profile.cycles;
    expect(exits(dearer) - exits(several.model)).toBeCloseTo(4 * prices['hw.vmexit'].value, 6);
  });
});

describe('vCPUs that ran at the same time', () => {
  it('are those of timed runs alone', () => {
    expect(timedRuns([plain, several])).toEqual([several]);
  });

  it.each([
    ['one by one', vcpusChart(several), [3 * EACH, 100 + EACH + 740]],
    ['of the run', runsChart([several]), [4 * EACH + 840]],
  ])('%s stack up to the time until their end', (_name, { parts }, ends) => {
    ends.forEach((end, n) => expect(parts.reduce((all, { values }) => all + values[n]!, 0)).toBeCloseTo(end, 6));
    expect(parts.map(({ name }) => name)).toEqual([
      'own cycles',
      'queued_spin_lock_slowpath',
      '__mutex_lock_slowpath',
      'without a program',
    ]);
  });

  it('stand in the table with what they did, waited, and when they were through', () => {
    const { columns, rows } = vcpusTable(several);
    expect(rows.map(({ cells }) => cells.length)).toEqual([columns.length, columns.length]);
    const [, second] = rows;
    expect(second!.cells.map(({ raw }) => raw).slice(0, 2)).toEqual(['vCPU 1', 1]);
    const [own, waited, idle, end] = second!.cells.slice(2).map(({ raw }) => raw as number);
    expect([own, waited]).toEqual([EACH, 740]);
    expect(idle).toBeCloseTo(100, 6);
    expect(end).toBe(100 + EACH + 740);
    expect(second!.cells[6]!.text).toMatch(/estimated/);
  });

  it('are summed up for each run, with what was waited for most', () => {
    const [row] = runsTable([several]).rows;
    const time = 4 * EACH + 840;
    const [name, end, own, waited, share, most, vmm] = row!.cells;
    expect([name!.raw, end!.raw, waited!.raw, vmm!.raw]).toEqual(['run 1', Math.max(3 * EACH, EACH + 840), 740, 500]);
    expect(own!.raw).toBeCloseTo(4 * EACH, 6);
    expect(share!.raw).toBeCloseTo(740 / time, 9);
    expect(most!.text).toMatch(/^queued_spin_lock_slowpath \d+\u00a0%$/);
  });

  it('have each wait in a row, threads of the VMM last', () => {
    expect(waitsTable(several).rows.map(({ cells }) => cells.map(({ raw }) => raw).slice(0, 5))).toEqual([
      ['vCPU 1', 'queued_spin_lock_slowpath', 'spins', 2, 700],
      ['vCPU 1', '__mutex_lock_slowpath', 'sleeps', 1, 40],
      ['VMM 0', '__synchronize_srcu', 'sleeps', 1, 500],
    ]);
  });

  it('say what the scheduler did where they shared CPUs of the host', () => {
    expect([schedulingTable(several), busyText(several)]).toEqual([null, '']);
    const vcpus = timed.vcpus.map((vcpu) => ({ ...vcpu, scheduling: { preempted: 2, slept: 1, moved: 0 } }));
    const shared = madeRun(2, kicks(4), { timed: { ...timed, vcpus, hostCpus: { busy: [0] } }, clock: 4 * EACH });
    const { caption, rows } = schedulingTable(shared)!;
    expect(caption).toBe('2 vCPUs on 1 CPU of the host');
    expect(rows[1]!.cells.map(({ raw }) => raw)).toEqual(['vCPU 1', 2, 1, 0, 0]);
    expect(busyText(shared)).toBe('Busy: 0\u00a0% of the time.');
  });

  it('at other prices than they ran with say so, and no longer what time was left over', () => {
    expect([isRepriced(plain), isRepriced(several)]).toEqual([false, false]);
    const other = madeRun(3, kicks(4), { timed, clock: 3 * EACH });
    expect(isRepriced(other)).toBe(true);
    expect(vcpusChart(other).parts.map(({ name }) => name)).not.toContain('without a program');
    expect(vcpusTable(other).rows[1]!.cells[4]!.text).toBe('');
  });

  it('have a colour for each wait that the model knows, and those that sleep are hatched', () => {
    expect(Object.keys(WAIT_PAINT).sort()).toEqual(Object.keys(WAITS).sort());
    for (const [symbol, paint] of Object.entries(WAIT_PAINT))
      expect(paint.hatched === true, symbol).toBe(WAITS[symbol as keyof typeof WAITS] === 'sleeps');
    const all = [...Object.values(WAIT_PAINT), NEUTRAL, WITHOUT_WORK];
    expect(new Set(all.map(({ light, hatched }) => `${light} ${hatched}`)).size).toBe(all.length);
  });
});

describe('the other views of such a run', () => {
  it('say what their numbers are of', () => {
    expect(aboutTimed([plain], 'cycles', 'As ever.')).toBe('As ever.');
    expect(aboutTimed([plain, several], 'cycles', 'As ever.')).toBe(`As ever. ${resultText.timed.cycles}`);
    expect(aboutTimed([several], 'phases')).toBe(resultText.timed.phases);
  });

  it('count the accesses of vCPU 0 where accesses have numbers', () => {
    expect(numberedAccesses(plain.result)).toBe(4);
    expect(numberedAccesses({ ...several.result, accesses: 9 })).toBe(8);
  });

  it("end with vCPU 0's own clock", () => {
    expect(ownClock(several)).toBeCloseTo(3 * EACH, 6);
    expect(ownClock({ ...plain, result: { ...plain.result, clock: 77 } })).toBe(77);
  });
});
