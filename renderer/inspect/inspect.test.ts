import { describe, expect, it } from 'vitest';
import { KICK, madeRun } from '../results/made-run.ts';
import { momentsTable, stateTableSpec } from './inspect-tables.ts';
import { hostChanges, stateChanges } from './state-changes.ts';
import { accessCycles, accessKinds, momentsOf } from './walkthrough.ts';

const { model, priced } = madeRun(0, [{ steps: KICK, count: 1 }]);
const steps = KICK.map(([name, times]): [string, number] => [name, times]);
const event = (name: string, after: number) => ({ name, args: [0, 0, 0, 0], after });

describe('an access step by step', () => {
  it('puts each event after the steps before it, cutting repeats', () => {
    const events = [event('access', 0), event('kvm_exit', 2), event('eventfd_signal', 3), event('kvm_entry', 5)];
    const moments = momentsOf({ steps, events }, model);
    expect(moments.map(({ name }) => name)).toEqual([
      'access',
      'guest.write',
      'hw.vmexit',
      'kvm_exit',
      'kvm_io_bus_cmp',
      'eventfd_signal',
      'kvm_io_bus_cmp',
      'hw.vmentry',
      'kvm_entry',
    ]);
  });

  it('adds up to the price of the path', () => {
    const moments = momentsOf({ steps, events: [event('kvm_exit', 3), event('kvm_entry', 99)] }, model);
    expect(accessCycles(moments)).toEqual(priced.paths[0]!.cycles);
    expect(moments.at(-1)).toMatchObject({ kind: 'event', name: 'kvm_entry', sum: priced.paths[0]!.cycles.value });
  });

  it('has as much of each kind of price as its path', () => {
    const kinds = accessKinds(momentsOf({ steps, events: [] }, model));
    for (const kind of ['read', 'derived', 'estimated'] as const)
      expect(kinds[kind]).toBeCloseTo(priced.provenance[kind], 9);
  });

  it('names price, range, kind and source of every step', () => {
    const { columns, rows } = momentsTable(momentsOf({ steps, events: [] }, model));
    for (const { cells } of rows) {
      expect(cells).toHaveLength(columns.length);
      expect(cells[3]!.note).toMatch(/\.\./);
      expect(['read', 'derived', 'estimated']).toContain(cells[5]!.raw);
      expect(cells[6]!.text).not.toBe('');
    }
  });
});

describe('the machine before and after', () => {
  const table = (rows: [string, string][]) => ({
    id: 'tlb' as const,
    columns: ['TLB', 'frame'],
    rows: rows.map(([key, frame]) => ({ key, cells: [key, frame] })),
    more: 0,
  });
  const [changes] = stateChanges({
    before: [
      table([
        ['a', '1'],
        ['gone', '2'],
        ['b', '3'],
      ]),
    ],
    after: [
      table([
        ['a', '1'],
        ['b', '4'],
        ['new', '5'],
      ]),
    ],
  });

  it('marks rows that came, went and changed', () => {
    expect(changes!.rows.map(({ key, change }) => [key, change])).toEqual([
      ['a', null],
      ['gone', 'removed'],
      ['b', 'changed'],
      ['new', 'added'],
    ]);
    expect(changes!.changes).toBe(3);
  });

  it('shows what the host changed between two accesses, in the tables that it can change', () => {
    const slots = (rows: [string, string][]) => ({ ...table(rows), id: 'memslots' as const });
    const now = [table([['a', '1']]), slots([['0', 'x']]), { ...slots([['9', 'y']]), id: 'buses' as const }];
    const earlier = [slots([]), { ...slots([['9', 'y']]), id: 'buses' as const }];
    expect(hostChanges({ earlier, before: now }).map(({ id, changes }) => [id, changes])).toEqual([['memslots', 1]]);
    expect(hostChanges({ earlier: [], before: now })).toEqual([]);
  });

  it('shows the old value beside the new one, and can leave out the rest', () => {
    const { rows } = stateTableSpec(changes!, true);
    expect(rows.map(({ cells }) => cells[1]!.text)).toEqual(['2', '3 → 4', '5']);
    expect(rows[1]!.cells.map(({ mark }) => mark)).toEqual([undefined, 'changed', undefined]);
  });
});
