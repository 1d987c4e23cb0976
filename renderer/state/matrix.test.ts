import { describe, expect, it } from 'vitest';
import { DEFAULT_AXES, readAxes } from './axes.ts';
import { configurationKey } from './configuration-key.ts';
import { expandAxes } from './expand-axes.ts';
import { newMatrix, readMatrix, rowsOf } from './matrix.ts';
import {
  withAxes,
  withCopy,
  withCopyOf,
  withEnabled,
  withName,
  withoutRow,
  withRemovedBack,
} from './matrix-changes.ts';

const names = (axes: Partial<typeof DEFAULT_AXES>) =>
  expandAxes({ ...DEFAULT_AXES, ...axes }).configurations.map(({ name }) => name);

describe('the axes of the matrix', () => {
  it('make every design that makes sense on one Intel machine by default', () => {
    const { configurations, contradictions } = expandAxes(DEFAULT_AXES);
    expect(new Set(configurations.map(({ mmu }) => mmu))).toEqual(new Set(['ept']));
    expect(configurations.map(({ design }) => design)).toContain('fast-mmio');
    expect(contradictions).toEqual([]);
  });

  it('add NPT on the default AMD CPU', () => {
    const { configurations } = expandAxes({ ...DEFAULT_AXES, mmus: ['ept', 'npt'], designs: ['pio'] });
    expect(configurations.map(({ mmu, cpu }) => `${mmu} ${cpu}`)).toEqual(['ept sapphire-rapids', 'npt zen4']);
  });

  it('leave out a chosen combination that contradicts itself, with the sentence of the core, and make the others', () => {
    const { configurations, contradictions } = expandAxes({
      ...DEFAULT_AXES,
      kernels: ['3.14', '7.0'],
      designs: ['fast-mmio', 'pio'],
    });
    expect(configurations.map(({ kernel, design }) => `${kernel} ${design}`).sort()).toEqual([
      '3.14 pio',
      '7.0 fast-mmio',
      '7.0 pio',
    ]);
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]!.sentence).toContain('3.15');
  });

  it('explain a CPU that has none of the MMUs', () => {
    const { configurations, contradictions } = expandAxes({ ...DEFAULT_AXES, cpus: ['zen4'], designs: ['pio'] });
    expect(configurations).toEqual([]);
    expect(contradictions[0]!.sentence).toContain("EPT is Intel's");
  });

  it('name by what differs, switches included, and never twice the same', () => {
    const all = names({ designs: ['pio'], switches: { evictEvery: [0, 100] }, vpid: [true, false] });
    expect(all).toHaveLength(4);
    expect(new Set(all).size).toBe(4);
    expect(all.every((name) => name.includes('evictEvery='))).toBe(true);
  });

  it('stop at a number of combinations and say so', () => {
    const many = Array.from({ length: 60 }, (_, index) => index);
    const { contradictions } = expandAxes({
      ...DEFAULT_AXES,
      designs: ['pio', 'wildcard'],
      switches: { evictEvery: many, pscEntries: many },
    });
    expect(contradictions.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('7\u202f200'),
      expect.stringContaining('256'),
    ]);
  });

  it('are read from a script’s own selection and from damaged text', () => {
    expect(newMatrix({}).axes).toEqual(DEFAULT_AXES);
    expect(newMatrix({ mmus: ['npt'], switches: { mmioCaching: false } }).axes).toMatchObject({
      mmus: ['npt'],
      switches: { mmioCaching: [false] },
    });
    expect(readAxes({ cpus: ['no-such-cpu', 7], seed: 'x', switches: { evictEvery: ['a', 5] } })).toMatchObject({
      cpus: [],
      seed: 1,
      switches: { evictEvery: [5] },
    });
    expect(readMatrix(null).axes).toEqual(DEFAULT_AXES);
    expect(readMatrix({ copies: [{ id: 'x' }], names: { a: 1 }, disabled: 'no' })).toMatchObject({
      copies: [],
      names: {},
      disabled: [],
    });
  });
});

describe('rows of the matrix', () => {
  const matrix = withAxes(newMatrix(), { designs: ['pio', 'fast-mmio'] });
  const row = (index: number, of = matrix) => rowsOf(of).rows[index]!;

  it('can be disabled, named, removed and brought back', () => {
    const { id } = row(0);
    expect(rowsOf(withEnabled(matrix, id, false)).rows.map(({ enabled }) => enabled)).toEqual([false, true]);
    expect(row(0, withName(matrix, id, ' mine ')).configuration.name).toBe('mine');
    expect(row(0, withName(withName(matrix, id, 'mine'), id, '')).configuration.name).toBe(row(0).configuration.name);
    const removed = withoutRow(matrix, row(0));
    expect(rowsOf(removed).rows).toHaveLength(1);
    expect(rowsOf(withRemovedBack(removed)).rows).toHaveLength(2);
  });

  it('keep what was done to them when the axes change', () => {
    const { id } = row(0);
    const changed = withAxes(withEnabled(matrix, id, false), { designs: ['pio', 'fast-mmio', 'wildcard'] });
    expect(rowsOf(changed).rows.find((other) => other.id === id)?.enabled).toBe(false);
  });

  it('can be copied and the copy changed, under a name of its own', () => {
    const copied = withCopyOf(matrix, row(0), 'copy:1');
    const copy = rowsOf(copied).rows.at(-1)!;
    expect(copy.copy).toBe(true);
    expect(copy.configuration.name).toBe(`${row(0).configuration.name} (2)`);
    const changed = rowsOf(withCopy(copied, 'copy:1', { kernel: '6.18' })).rows.at(-1)!;
    expect(changed.configuration.kernel).toBe('6.18');
    expect(configurationKey(changed.configuration)).not.toBe(configurationKey(copy.configuration));
    expect(rowsOf(withoutRow(copied, copy)).rows).toHaveLength(2);
  });

  it('have names that no two share', () => {
    const ids = rowsOf(matrix).rows.map(({ id }) => id);
    const named = withName(withName(matrix, ids[0]!, 'same'), ids[1]!, 'same');
    expect(rowsOf(named).rows.map(({ configuration }) => configuration.name)).toEqual(['same', 'same (2)']);
  });
});
