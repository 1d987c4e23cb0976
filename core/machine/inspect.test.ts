import { describe, expect, it } from 'vitest';
import { parseConfigurations } from '../experiment/configurations.ts';
import { prepare, type RunOptions, type Run } from '../experiment/run.ts';
import { OP } from '../guest/instruction.ts';
import { RECORD, recordHeader } from '../guest/records.ts';
import type { SetupOp } from '../guest/setup.ts';
import { KVM_EXIT } from '../kvm/emulate/kvm-exit.ts';
import type { MachineState } from './inspect.ts';

const SETUP: readonly SetupOp[] = [
  { kind: 'ram', gpa: 0n, size: 16n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: '4K' },
  { kind: 'doorbell', id: 0, name: 'kick', width: 4, gpa: null, match: 1n },
];

const write = (address: number, line: number): number[] => [recordHeader(OP.WRITE, 4, 2, line), address, 7];
const read = (address: number, line: number): number[] => [recordHeader(OP.READ, 4, 1, line), address];
const kick = (line: number): number[] => [recordHeader(RECORD.KICK, 4, 2, line), 0, 1];
const loop = (times: number, body: number[]): number[] => [
  recordHeader(RECORD.LOOP, 0, 2, 1),
  times,
  body.length,
  ...body,
];

const configurationOf = (mmu: 'ept' | 'npt') => {
  const parsed = parseConfigurations({ designs: ['fast-mmio'], mmus: [mmu] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value[0]!;
};

function runOn(mmu: 'ept' | 'npt', records: readonly number[], options: RunOptions = {}): Run {
  const prepared = prepare(configurationOf(mmu), SETUP, options);
  if (!prepared.ok) throw new Error(prepared.error);
  prepared.value.run(Float64Array.from(records), records.length);
  return prepared.value;
}

const PROGRAM = [
  ...write(0x1000, 1),
  ...read(0x2000, 2),
  ...kick(3),
  ...loop(5000, [...kick(4), ...read(0x2000, 5)]),
  ...read(0x1000, 6),
];

const rowsOf = (state: MachineState, id: string) => state.find((table) => table.id === id)!.rows;
const look = (mmu: 'ept' | 'npt', access: number) => {
  const { trace } = runOn(mmu, PROGRAM, { trace: access, inspect: true, details: true });
  return trace!.states!;
};

describe.each(['ept', 'npt'] as const)('the machine around an access, on %s', (mmu) => {
  it('sees each exit to userspace once', () => {
    const { trace } = runOn(mmu, write(0xe000_0008, 1), { trace: 1 });
    const exits = trace!.events.filter(({ name }) => name === 'kvm_userspace_exit');
    expect(exits.map(({ args }) => args)).toEqual([[KVM_EXIT.MMIO, 4, 0, 0xe000_0008 | 0]]);
  });

  it('shows the translation that a walk left', () => {
    const { before, after } = look(mmu, 1);
    expect(rowsOf(before, 'tlb')).toEqual([]);
    expect(rowsOf(after, 'tlb').map(({ cells }) => cells.slice(1, 3))).toContainEqual(['0x1000', '4K']);
    expect(rowsOf(before, 'guest-tables')).toHaveLength(4);
    expect(rowsOf(after, 'guest-tables').at(-1)!.cells[3]).toBe('P R/W U/S A D');
    expect(rowsOf(after, 'walk-caches').length).toBeGreaterThan(0);
    const leaf = rowsOf(after, 'nested-tables').find(({ key }) => key === 'the access 1');
    expect(leaf!.cells[4]).toContain('W');
  });

  it('names every cache of its vendor', () => {
    const caches = new Set(
      [1, 2, 3, 4].flatMap((access) => rowsOf(look(mmu, access).after, 'walk-caches')).map(({ cells }) => cells[0]),
    );
    expect([...caches].sort()).toEqual(
      mmu === 'ept'
        ? ['guest-physical structure cache', 'nested TLB', 'paging-structure cache']
        : ['nested TLB', 'page-table cache'],
    );
  });

  it('shows what the host and KVM hold', () => {
    const { before, after } = look(mmu, 3);
    expect(rowsOf(after, 'memslots').map(({ cells }) => cells.slice(0, 3))).toEqual([[0, '0x0', 16 << 20]]);
    expect(rowsOf(after, 'buses').map(({ cells }) => [cells[0], cells[4]])).toEqual([
      ['MMIO', 'ioeventfd kick'],
      ['FAST_MMIO', 'ioeventfd kick'],
    ]);
    expect([before, after].map((state) => rowsOf(state, 'eventfds')[0]!.cells[1])).toEqual([0, 1]);
    expect(rowsOf(after, 'nested-tables').at(-1)!.cells[4]).toMatch(/^MMIO generation \d+$/);
    expect(rowsOf(after, 'stats').find(({ key }) => key === 'exits')).toBeDefined();
  });

  it('is only looked at: the run goes on as if nobody had', () => {
    const plain = runOn(mmu, PROGRAM).result();
    for (const access of [1, 2, 3, 4, 9, 5000]) {
      const seen = runOn(mmu, PROGRAM, { trace: access, inspect: true, details: true });
      expect(seen.result(), `access ${access}`).toEqual(plain);
    }
  });

  it('is seen by nobody who wants counts only', () => {
    const plain = runOn(mmu, PROGRAM).result();
    expect(runOn(mmu, PROGRAM, { details: true }).result()).toEqual(plain);
    expect(runOn(mmu, PROGRAM, { events: 100 }).result()).toEqual(plain);
  });

  it('stops a run that wanted no more than the one access', () => {
    const run = runOn(mmu, write(0x1000, 1), { trace: 1, inspect: true });
    expect(run.stop).toBe(true);
    expect(runOn(mmu, write(0x1000, 1), { trace: 2, inspect: true }).stop).toBe(false);
  });
});

describe.each(['ept', 'npt'] as const)('what a run notes beside its result, on %s', (mmu) => {
  it('is accesses and exits by line, loops multiplied out included', () => {
    const run = runOn(mmu, PROGRAM, { details: true, check: false });
    const lines = run.lines();
    expect(lines.map(({ line, accesses }) => [line, accesses])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 5000],
      [5, 5000],
      [6, 1],
    ]);
    const exits = Object.values(run.result().exits).reduce((sum, count) => sum + count, 0);
    expect(lines.reduce((sum, line) => sum + line.exits, 0)).toBe(exits);
    expect(lines[3]!.exits).toBe(5000);
  });

  it.each([false, true])('is a first access of each path that takes it, checked %s', (check) => {
    const run = runOn(mmu, PROGRAM, { details: true, check });
    const { paths } = run.result();
    const firsts = run.firsts();
    expect(firsts).toHaveLength(paths.length);
    for (const [n, first] of firsts.entries()) {
      const traced = runOn(mmu, PROGRAM, { trace: first, check });
      const taken = runOn(mmu, PROGRAM, { details: true, check }).result().paths[n]!;
      expect(traced.trace!.steps.map(({ times }) => times)).toEqual(taken.steps.map(([, times]) => times));
    }
  });

  it('is every event, in order, with its access', () => {
    const run = runOn(mmu, PROGRAM, { events: 1 << 16 });
    const { access, cycles, kind, dropped } = run.events()!;
    expect(dropped).toBe(0);
    expect(kind.length).toBeGreaterThan(20);
    for (const column of [access, cycles]) expect([...column]).toEqual([...column].sort((a, b) => a - b));
    expect(access.at(-1)).toBe(10_004);
    expect(runOn(mmu, PROGRAM).events()).toBeNull();
  });
});
